// A model behind the Messages API that answers as the message asks: see `answerOf` in client.mjs.
// Sends its port to its parent process, and the last request's body when that asks for it.
import { createServer } from "node:http";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const plan = /(\d+) reads of (\d+) deltas of (\d+) characters, (\d+) ms apart(, stamped)?/g;
const usage = { input_tokens: 1, output_tokens: 1 };

/** @param {string} type @param {object} fields */
const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const start =
  event("message_start", {
    message: { id: "m", type: "message", role: "assistant", content: [], model: "m", usage },
  }) + event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
const end =
  event("content_block_stop", { index: 0 }) +
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage }) +
  event("message_stop", {});

let lastBody = "";
process.on("message", (question) => {
  if (question === "last body") process.send?.({ lastBody });
});

/** The time now, in microseconds of a clock that all processes share. */
const stamp = () => `@${process.hrtime.bigint() / 1000n} `;

/**
 * @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse}
 * response
 */
async function answer(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  // Earlier messages of the session asked for other answers: the last one counts.
  lastBody = Buffer.concat(pieces).toString();
  const asked = [...lastBody.matchAll(plan)].at(-1);
  const [reads = 1, deltas = 1, characters = 1, gapMs = 0] = (asked ?? []).slice(1, 5).map(Number);
  const isStamped = asked?.[5] !== undefined;
  const words = "word ".repeat(Math.ceil(characters / 5)).slice(0, characters);
  /** @param {string} text */
  const deltaOf = (text) =>
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }).repeat(deltas);
  const delta = deltaOf(words);
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let read = 0; read < reads; read += 1) {
    response.write((read === 0 ? start : "") + (isStamped ? deltaOf(stamp()) : delta));
    if (gapMs > 0) await sleep(gapMs);
    else if (response.writableNeedDrain) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end(end);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
