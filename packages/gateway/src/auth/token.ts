import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { WrongTokens } from "./wrong-tokens.ts";

/** Fewest bytes of a token that guards a gateway beyond loopback: as much as 256 random bits in hex or base64. */
export const MIN_TOKEN_BYTES = 32;

/** What a subprotocol begins with that is the token. */
export const BEARER_SUBPROTOCOL = "bearer.";

const COOKIE = "mini_openclaw";

/** What a request or a frame shows of the token. `several`: in more than one place, so that none of them counts. */
export type TokenVerdict =
  | { is: "right" | "absent" | "wrong" | "several" }
  | { is: "too_often"; retryAfterMs: number };

/** Knows the token, and whether others do. Constant in time whatever the lengths: digests are compared. */
export class TokenGuard {
  readonly #digest: Buffer;
  readonly #cookieDigest: Buffer;
  readonly #cookieValue: string;
  readonly #wrongTokens = new WrongTokens();

  constructor(token: string) {
    // Not the token itself, so that a stolen cookie jar does not give it away.
    this.#cookieValue = createHmac("sha256", token).update("mini-openclaw cookie v1").digest("base64url");
    this.#digest = sha256(token);
    this.#cookieDigest = sha256(this.#cookieValue);
  }

  /** Looks for `Authorization: Bearer …`, the subprotocol `bearer.…`, or the cookie that the token was exchanged for. */
  judge(request: IncomingMessage): TokenVerdict {
    const given = givenTokens(request);
    const [token] = given;
    if (given.length > 1) return { is: "several" };
    if (token !== undefined) return this.judgeToken(token, request);
    const cookie = new RegExp(`(?:^|; ?)${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? "")?.[1];
    const isRight = cookie !== undefined && timingSafeEqual(sha256(cookie), this.#cookieDigest);
    // A wrong one is as good as none: a browser that kept the cookie of an older token sends it with every request.
    return { is: isRight ? "right" : "absent" };
  }

  /** Judges a token that came with `request`, be it in its body or in the first frame after it. */
  judgeToken(token: string, request: IncomingMessage): TokenVerdict {
    if (timingSafeEqual(sha256(token), this.#digest)) return { is: "right" };
    // Asked for only now: a socket that was once asked for its address keeps it.
    const retryAfterMs = this.#wrongTokens.add(addressOf(request));
    return retryAfterMs === undefined ? { is: "wrong" } : { is: "too_often", retryAfterMs };
  }

  /** The `Set-Cookie` value for somebody who knows the token. It dies with the browser and cannot be read by pages. */
  cookie(): string {
    return `${COOKIE}=${this.#cookieValue}; HttpOnly; SameSite=Strict; Path=/`;
  }
}

/** Where a request comes from, as far as its socket knows: forwarded headers can be invented. */
export function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}

/** A number of seconds for `Retry-After`. */
export function retryAfter(milliseconds: number): Record<string, string> {
  return { "Retry-After": String(Math.ceil(milliseconds / 1000)) };
}

function givenTokens({ headersDistinct, headers }: IncomingMessage): string[] {
  const bearers = (headersDistinct["authorization"] ?? []).flatMap(
    (value) => /^Bearer +(.+)$/i.exec(value)?.[1] ?? [],
  );
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const subprotocols = offered.filter((name) => name.startsWith(BEARER_SUBPROTOCOL));
  return [...bearers, ...subprotocols.map((name) => name.slice(BEARER_SUBPROTOCOL.length))];
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
