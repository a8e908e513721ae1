import type { IncomingMessage } from "node:http";
import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { BEARER_SUBPROTOCOL } from "../auth/token.ts";
import { requireKnown, requireWhole } from "../shared/check-options.ts";
import { GatewayError } from "../shared/errors.ts";
import type { Dialect, Translator } from "./dialect.ts";

// RFC 6455 § 4.1: a subprotocol is a token of RFC 7230.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** One for all connections: it remembers nothing. */
const translator: Translator = {
  read: parseClientEvent,
  write: (event, json) => json ?? JSON.stringify(event),
};

/** The form of PROTOCOL.md: one JSON object per frame. Clients that name no other one use it. */
const nativeDialect: Dialect = { subprotocol: "mini-openclaw", connect: () => translator };

/** The dialects of a gateway: the native one, and those of its app. */
export class Dialects {
  readonly #bySubprotocol = new Map<string, Dialect>();

  /** @throws GatewayError `INVALID_OPTION` */
  constructor(dialects: readonly Dialect[] = []) {
    this.add(nativeDialect);
    if (!Array.isArray(dialects)) throw invalid(mustBe("dialects", "a list of dialects", dialects));
    for (const [index, dialect] of (dialects as readonly Dialect[]).entries()) {
      requireObject(dialect, `dialects[${index}]`);
      if (dialect.subprotocol === undefined)
        throw invalid(`${mustBe("subprotocol", "a text", undefined)} Or pass the dialect to \`attach\`.`);
      if (dialect === this.#bySubprotocol.get(dialect.subprotocol)) throw taken(dialect);
      this.add(dialect);
    }
  }

  /**
   * Adds a dialect, unless it is known. `name` is that of its option.
   *
   * @throws GatewayError `INVALID_OPTION` for a dialect that is none, or whose subprotocol is taken
   */
  add(dialect: Dialect, name = "dialect"): void {
    requireObject(dialect, name);
    const { subprotocol } = dialect;
    if (subprotocol !== undefined && this.#bySubprotocol.get(subprotocol) === dialect) return;
    checkDialect(dialect);
    if (subprotocol === undefined) return;
    if (this.#bySubprotocol.has(subprotocol)) throw taken(dialect);
    this.#bySubprotocol.set(subprotocol, dialect);
  }

  /** Returns the first known subprotocol among those a client offers, or false. */
  choose(offered: Iterable<string>): string | false {
    for (const subprotocol of offered) if (this.#bySubprotocol.has(subprotocol)) return subprotocol;
    return false;
  }

  /** Returns the dialect of a subprotocol. `given` is that of clients that name none. */
  find(subprotocol: string | false | undefined, given: Dialect | undefined): Dialect {
    return this.#bySubprotocol.get(subprotocol || "") ?? given ?? nativeDialect;
  }

  /** Returns the dialect that a request asks for. */
  ofRequest({ headers }: Pick<IncomingMessage, "headers">, given: Dialect | undefined): Dialect {
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    return this.find(this.choose(offered), given);
  }
}

function requireObject(dialect: unknown, name: string): void {
  if (!isRecord(dialect)) throw invalid(mustBe(name, "a dialect: an object with `connect`", dialect));
}

function checkDialect(dialect: Dialect): void {
  const { subprotocol, maxFrameBytes, keyPrefix, proof } = dialect;
  const connect: unknown = Reflect.get(dialect, "connect");
  if (typeof connect !== "function") throw invalid(mustBe("connect", "a function", connect));
  if (subprotocol !== undefined) {
    const isToken = typeof subprotocol === "string" && TOKEN.test(subprotocol);
    if (!isToken || subprotocol.startsWith(BEARER_SUBPROTOCOL))
      throw invalid(mustBe("subprotocol", "an HTTP token that does not begin with bearer.", subprotocol));
  }
  if (maxFrameBytes !== undefined) requireWhole("maxFrameBytes", maxFrameBytes);
  if (keyPrefix !== undefined && !(typeof keyPrefix === "string" && /^[^/%]+$/.test(keyPrefix)))
    throw invalid(mustBe("keyPrefix", "a text without / and %, such as ai:", keyPrefix));
  if (proof === undefined) return;
  requireKnown("proof", proof, { timeoutMs: true, maxBytes: true });
  if (proof.timeoutMs !== undefined) requireWhole("proof.timeoutMs", proof.timeoutMs);
  if (proof.maxBytes !== undefined) requireWhole("proof.maxBytes", proof.maxBytes);
}

function taken({ subprotocol = "" }: Dialect): GatewayError {
  return invalid(`\`dialects\` must have distinct subprotocols, got ${subprotocol} again.`);
}

function invalid(message: string): GatewayError {
  return new GatewayError("INVALID_OPTION", message);
}
