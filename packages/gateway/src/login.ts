import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "./http-routes.ts";
import { carriesToken, isEqual, tokenCookie } from "./token.ts";

// Chosen: a token and a little JSON around it.
const MAX_BODY_BYTES = 4096;

/**
 * `/login`, where the page exchanges the token for its cookie; false for any other path.
 *
 * `GET` answers 200 or 401: whether the browser has the cookie. `POST {token}` sets it.
 */
export function answerLogin(request: IncomingMessage, response: ServerResponse, token: string): boolean {
  if (request.url?.split("?", 1)[0] !== "/login") return false;
  if (request.method === "GET") {
    sendJson(response, carriesToken(request, token) ? 200 : 401, {});
  } else if (request.method === "POST") {
    readBody(request, (body) => {
      const given = body === undefined ? undefined : tokenOf(body);
      if (given === undefined) return sendJson(response, 400, { error: 'expected {"token": "…"}' });
      if (!isEqual(given, token)) return sendJson(response, 401, { error: "That is not the token." });
      sendJson(response, 200, {}, { "Set-Cookie": tokenCookie(token) });
    });
  } else {
    sendJson(response, 405, { error: "/login takes GET and POST" }, { Allow: "GET, POST" });
  }
  return true;
}

/** Hands over the body, or `undefined` when it is too long. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on("end", () => done(bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : undefined));
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
