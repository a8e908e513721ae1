// A model that answers with `deltas` pieces of text, `perWrite` of them in one write, with a pause
// of `pauseMs` between writes.
import { createServer } from "node:http";

const [deltas, perWrite, pauseMs] = process.argv.slice(2).map(Number);
const event = (body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
const usage = {
  input_tokens: 10,
  output_tokens: 1,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};
const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage };
const head =
  event({ type: "message_start", message: { ...message, stop_reason: null, stop_sequence: null } }) +
  event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
const delta = event({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: "token and " },
});
const tail =
  event({ type: "content_block_stop", index: 0 }) +
  event({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage }) +
  event({ type: "message_stop" });
const pause = () =>
  new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));

const server = createServer((request, response) => {
  request.resume().on("end", () => void answer(response));
});

async function answer(response) {
  response.socket.setNoDelay(true);
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(head);
  for (let sent = 0; sent < deltas; sent += perWrite) {
    response.write(delta.repeat(perWrite));
    await pause();
  }
  response.end(tail);
}

server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
