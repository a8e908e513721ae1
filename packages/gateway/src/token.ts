import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Fewest bytes of a token that guards a gateway beyond loopback: as much as 256 random bits in hex or base64. */
export const MIN_TOKEN_BYTES = 32;

const COOKIE = "mini_openclaw";

/** Whether a request carries the token, as `Authorization: Bearer …` or as the cookie that it was exchanged for. */
export function carriesToken(request: IncomingMessage, token: string): boolean {
  const { authorization, cookie } = request.headers;
  const bearer = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (bearer !== undefined) return isEqual(bearer, token);
  const value = new RegExp(`(?:^|; ?)${COOKIE}=([^;]*)`).exec(cookie ?? "")?.[1];
  return value !== undefined && isEqual(value, cookieValue(token));
}

/** The `Set-Cookie` value for somebody who knows the token. It dies with the browser and cannot be read by pages. */
export function tokenCookie(token: string): string {
  return `${COOKIE}=${cookieValue(token)}; HttpOnly; SameSite=Strict; Path=/`;
}

/** Constant in time whatever the lengths: the digests are compared. */
export function isEqual(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Not the token itself, so that a stolen cookie jar does not give it away. */
function cookieValue(token: string): string {
  return createHmac("sha256", token).update("mini-openclaw cookie v1").digest("base64url");
}
