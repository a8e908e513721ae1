import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "../shared/errors.ts";
import { headerValues } from "../shared/request.ts";
import { WrongTokens } from "./wrong-tokens.ts";

/** Fewest bytes of a token: as much as 128 random bits in hex. */
export const MIN_TOKEN_BYTES = 32;

/** The beginning of a subprotocol that is the token. */
export const BEARER_SUBPROTOCOL = "bearer.";

/** The beginning of every cookie. The rest distinguishes the gateways of one host. */
const COOKIE_PREFIX = "mini_openclaw_";

/**
 * The token that a request or a frame carries, compared with the right ones. `several`: the request
 * carries more than one, so that none of them counts.
 */
export type TokenVerdict =
  | { is: "right" | "absent" | "wrong" | "several" }
  | { is: "too_often"; retryAfterMs: number };

/** A token, as far as a comparison needs it. */
interface KnownToken {
  digest: Buffer;
  cookieName: string;
  cookieValue: string;
  cookieDigest: Buffer;
}

/** Compares tokens in constant time, whatever their lengths: digests are compared. */
export class TokenGuard {
  readonly #tokens: readonly KnownToken[];
  readonly #wrongTokens = new WrongTokens();

  /** Any of the tokens is right, so that one can replace another while clients still use both. */
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens.map(toKnownToken);
  }

  /**
   * Looks for `Authorization: Bearer …`, the subprotocol `bearer.…`, or the cookie that the token
   * was exchanged for.
   */
  judge(request: IncomingMessage): TokenVerdict {
    const given = givenTokens(request);
    const [token] = given;
    if (given.length > 1) return { is: "several" };
    if (token !== undefined) return this.judgeToken(token, request);
    const cookies = cookiesOf(request);
    const isRight = this.#tokens.some(({ cookieName, cookieDigest }) =>
      cookies.some(([name, value]) => name === cookieName && timingSafeEqual(sha256(value), cookieDigest)),
    );
    // A wrong cookie is as good as none: a browser that kept the cookie of an older token sends it
    // with every request.
    return { is: isRight ? "right" : "absent" };
  }

  /** Judges a token that came with `request`, be it in its body or in the first frame after it. */
  judgeToken(token: string, request: IncomingMessage): TokenVerdict {
    if (this.#find(token)) return { is: "right" };
    // The address is read only now, because a socket keeps it from then on.
    const retryAfterMs = this.#wrongTokens.add(addressOf(request));
    return retryAfterMs === undefined ? { is: "wrong" } : { is: "too_often", retryAfterMs };
  }

  /**
   * Returns the `Set-Cookie` value for a right token. The cookie dies with the browser, and pages
   * cannot read it. Behind TLS it is `Secure`. Its name depends on the token: cookies know no ports
   * (RFC 6265, 8.5), and two gateways on one host must not overwrite each other's.
   */
  cookie(token: string, request: IncomingMessage): string {
    const known = this.#find(token);
    const secure = isBehindTls(request) ? "; Secure" : "";
    return `${known?.cookieName}=${known?.cookieValue}; HttpOnly; SameSite=Strict; Path=/${secure}`;
  }

  #find(token: string): KnownToken | undefined {
    const digest = sha256(token);
    // All are compared, so that the time does not depend on which one is right.
    return this.#tokens.filter((known) => timingSafeEqual(digest, known.digest))[0];
  }
}

/**
 * Checks the tokens of `listen`.
 *
 * @throws GatewayError `TOKEN_REQUIRED` for a token that is too short; `INVALID_OPTION` for one
 * that no header can carry
 */
export function readTokens(token: string | readonly string[] | undefined): readonly string[] {
  const tokens: readonly unknown[] = token === undefined ? [] : [token].flat();
  if (token !== undefined && tokens.length === 0) {
    throw new GatewayError(
      "INVALID_OPTION",
      "`token` must be a token or a list of tokens, got an empty list.",
    );
  }
  return tokens.map((one) => {
    if (typeof one !== "string") throw new GatewayError("INVALID_OPTION", mustBe("token", "a string", one));
    const bytes = Buffer.byteLength(one);
    if (bytes < MIN_TOKEN_BYTES) {
      const need = `\`token\` must have at least ${MIN_TOKEN_BYTES} bytes, got ${bytes}.`;
      throw new GatewayError("TOKEN_REQUIRED", `${need} Make one with \`openssl rand -hex 32\`.`);
    }
    if (/^[\x21-\x7e]+$/.test(one)) return one;
    const need = "`token` must consist of visible ASCII characters, because HTTP headers carry no others.";
    throw new GatewayError("INVALID_OPTION", `${need} Make one with \`openssl rand -hex 32\`.`);
  });
}

function toKnownToken(token: string): KnownToken {
  // Not the token itself, so that a stolen cookie jar does not give it away.
  const cookieValue = createHmac("sha256", token).update("mini-openclaw cookie v1").digest("base64url");
  const cookieDigest = sha256(cookieValue);
  const cookieName = `${COOKIE_PREFIX}${cookieDigest.toString("hex").slice(0, 8)}`;
  return { digest: sha256(token), cookieName, cookieValue, cookieDigest };
}

/**
 * Returns true if the browser speaks TLS, to this server or to the proxy before it. A lie harms
 * only its teller.
 */
function isBehindTls({ headers, socket }: IncomingMessage): boolean {
  const forwarded = String(headers["x-forwarded-proto"] ?? "")
    .split(",", 1)[0]
    ?.trim()
    .toLowerCase();
  return "encrypted" in socket || forwarded === "https" || headers.origin?.startsWith("https://") === true;
}

function cookiesOf({ headers }: IncomingMessage): [name: string, value: string][] {
  return (headers.cookie ?? "").split(";").map((pair) => {
    const [name = "", ...value] = pair.trim().split("=");
    return [name, value.join("=")];
  });
}

/** Returns the address of a request's socket. Forwarded headers can be invented. */
export function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}

/** Returns a `Retry-After` header. */
export function retryAfter(milliseconds: number): Record<string, string> {
  return { "Retry-After": String(Math.ceil(milliseconds / 1000)) };
}

function givenTokens(request: IncomingMessage): string[] {
  const bearers = headerValues(request, "authorization").flatMap(
    (value) => /^Bearer +(.+)$/i.exec(value)?.[1] ?? [],
  );
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const subprotocols = offered.filter((name) => name.startsWith(BEARER_SUBPROTOCOL));
  return [...bearers, ...subprotocols.map((name) => name.slice(BEARER_SUBPROTOCOL.length))];
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
