import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../shared/send-json.ts";
import { retryAfter, type TokenGuard } from "./token.ts";

// Chosen: a token and a little JSON around it.
const MAX_BODY_BYTES = 4096;

/**
 * `/login`, where the page exchanges the token for its cookie; false for any other path.
 *
 * `GET` answers 200 or 401: whether the browser has the cookie. `POST {token}` sets it.
 */
export function answerLogin(request: IncomingMessage, response: ServerResponse, guard: TokenGuard): boolean {
  if (request.url?.split("?", 1)[0] !== "/login") return false;
  if (request.method === "GET") {
    sendJson(response, guard.judge(request).is === "right" ? 200 : 401, {});
  } else if (request.method === "POST") {
    readBody(request, (body) => logIn(body, request, response, guard));
  } else {
    sendJson(response, 405, { error: "/login takes GET and POST" }, { Allow: "GET, POST" });
  }
  return true;
}

function logIn(
  body: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  guard: TokenGuard,
): void {
  if (body === undefined) {
    const error = `the body is longer than ${MAX_BODY_BYTES} bytes`;
    return sendJson(response, 413, { error }, { Connection: "close" });
  }
  const token = tokenOf(body);
  if (token === undefined) return sendJson(response, 400, { error: 'expected {"token": "…"}' });
  const verdict = guard.judgeToken(token, request);
  if (verdict.is === "right") return sendJson(response, 200, {}, { "Set-Cookie": guard.cookie() });
  if (verdict.is !== "too_often") return sendJson(response, 401, { error: "That is not the token." });
  const headers = { ...retryAfter(verdict.retryAfterMs), Connection: "close" };
  sendJson(response, 429, { error: "Too many wrong tokens from your address." }, headers);
}

/** Hands over the body, or `undefined` as soon as it is too long. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    const before = bytes;
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else if (before <= MAX_BODY_BYTES) done(undefined);
  });
  request.on("end", () => {
    if (bytes <= MAX_BODY_BYTES) done(Buffer.concat(chunks).toString());
  });
}

function tokenOf(body: string): string | undefined {
  try {
    const { token } = JSON.parse(body) as { token?: unknown };
    return typeof token === "string" ? token : undefined;
  } catch {
    // Not JSON: the caller answers 400.
    return undefined;
  }
}
