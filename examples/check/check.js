// The checks of the embedding examples. An app needs none of this.
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { WebSocket } from "ws";

/**
 * Sends one message as the smallest client of a gateway, and returns the whole answer.
 *
 * Rejects when the gateway refuses the connection, with its HTTP status, or the run does not
 * complete.
 * @param {string} url
 * @param {string} content
 * @param {import("ws").ClientOptions} [options]
 */
export async function chatOnce(url, content, options) {
  const webSocket = new WebSocket(url, options);
  let streamed = "";
  let answer = "";
  for await (const [text] of on(webSocket, "message", { close: ["close"] })) {
    const event = JSON.parse(text);
    if (event.type === "connected") webSocket.send(JSON.stringify({ type: "message", content }));
    if (event.type === "chunk") streamed += event.content;
    if (event.type === "message_done") answer = event.content;
    if (event.type === "error" || event.type === "run_error")
      throw new Error(`${event.code}: ${event.message}`);
    if (event.type !== "run_end") continue;
    assert.equal(event.outcome, "completed");
    assert.equal(streamed, answer);
    webSocket.close();
    await once(webSocket, "close");
    return answer;
  }
  throw new Error("The gateway closed the connection before the run ended.");
}

/**
 * Checks an app with a gateway at `/claw` and the WebChat page at `/chat/`. The app still serves
 * its own page, WebChat serves the other, and a chat returns `answer`. Then prints the answer.
 * @param {string} origin
 * @param {string} answer
 * @param {Record<string, string>} [headers]
 */
export async function checkEmbedded(origin, answer, headers = {}) {
  assert.match(await getText(`${origin}/`, headers), /The app's own page\./);
  assert.match(await getText(`${origin}/chat/`, headers), /&quot;webSocketPath&quot;:&quot;\.\.\/claw&quot;/);
  assert.equal(await chatOnce(`${origin.replace("http", "ws")}/claw`, "Hello?", { headers }), answer);
  console.log(answer);
}

/**
 * Checks that the gateway at `/claw` serves HTTP, too. It lists the chat of `checkEmbedded`, and
 * refuses a message without content.
 * @param {string} origin
 * @param {Record<string, string>} [headers]
 */
export async function checkHttp(origin, headers = {}) {
  const { sessions } = JSON.parse(await getText(`${origin}/claw/sessions`, headers));
  assert.deepEqual(
    sessions.map((/** @type {{ title: string }} */ { title }) => title),
    ["Hello?"],
  );
  const refused = await fetch(`${origin}/claw/sessions/current/messages`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: "{}",
  });
  assert.deepEqual(
    [refused.status, await refused.json()],
    [400, { error: "`content` is missing.", code: "INVALID_FRAME", retryable: false }],
  );
}

/** @param {string} url @param {Record<string, string>} headers */
async function getText(url, headers) {
  const response = await fetch(url, { headers });
  assert.equal(response.status, 200);
  return response.text();
}

/**
 * Returns the origin of a server that listens on 127.0.0.1.
 * @param {{ address(): import("node:net").AddressInfo | string | null }} server
 */
export function originOf(server) {
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}
