import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyError, readBody, sendJson, sendRefusal } from "../shared/http-body.ts";
import { pathOf } from "../shared/request.ts";
import { retryAfter, type TokenGuard } from "./token.ts";

// Enough for a token and a little JSON around it.
const MAX_BODY_BYTES = 4096;

/**
 * Answers `/login`, where the page exchanges the token for its cookie. Returns false for any other
 * path.
 *
 * `GET` answers 200 or 401: the browser has the cookie or not. `POST {token}` sets it.
 */
export function answerLogin(request: IncomingMessage, response: ServerResponse, guard: TokenGuard): boolean {
  if (pathOf(request) !== "/login") return false;
  if (request.method === "GET" || request.method === "HEAD") {
    sendJson(response, guard.judge(request).is === "right" ? 200 : 401, {});
  } else if (request.method === "POST") {
    void logIn(request, response, guard);
  } else {
    const headers = { Allow: "GET, HEAD, POST" };
    sendRefusal(response, { status: 405, reason: "/login accepts GET and POST.", headers });
  }
  return true;
}

/** Never rejects. */
async function logIn(request: IncomingMessage, response: ServerResponse, guard: TokenGuard): Promise<void> {
  let token: string | undefined;
  try {
    token = tokenOf(await readBody(request, MAX_BODY_BYTES));
  } catch (error) {
    const { status, message } =
      error instanceof BodyError ? error : new BodyError(400, "The body ended early.");
    if (!response.destroyed)
      sendRefusal(response, { status, reason: message, headers: { Connection: "close" } });
    return;
  }
  if (token === undefined)
    return sendRefusal(response, { status: 400, reason: 'The body must be {"token": "…"}.' });
  const verdict = guard.judgeToken(token, request);
  if (verdict.is === "right")
    return sendJson(response, 200, {}, { "Set-Cookie": guard.cookie(token, request) });
  if (verdict.is !== "too_often") return sendRefusal(response, { status: 401, reason: "Wrong token." });
  const headers = { ...retryAfter(verdict.retryAfterMs), Connection: "close" };
  sendRefusal(response, { status: 429, reason: "Too many wrong tokens from your address.", headers });
}

function tokenOf(body: string): string | undefined {
  try {
    const { token } = JSON.parse(body) as { token?: unknown };
    return typeof token === "string" ? token : undefined;
  } catch {
    // No JSON: the caller answers 400.
    return undefined;
  }
}
