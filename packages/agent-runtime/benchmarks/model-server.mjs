// A model that answers with `deltas` pieces of text, `perWrite` of them in one write, with a pause
// of `pauseMs` between writes. It speaks the API that the path of a request names.
import { createServer } from "node:http";

const [deltas, perWrite, pauseMs] = process.argv.slice(2).map(Number);
const data = (body) => `data: ${JSON.stringify(body)}\n\n`;
const event = (body) => `event: ${body.type}\n${data(body)}`;
const usage = {
  input_tokens: 10,
  output_tokens: 1,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};
const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage };
const text = "token and ";

const messages = {
  head:
    event({ type: "message_start", message: { ...message, stop_reason: null, stop_sequence: null } }) +
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  delta: event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  tail:
    event({ type: "content_block_stop", index: 0 }) +
    event({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage }) +
    event({ type: "message_stop" }),
};

const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m" };
const choice = (delta, finish_reason = null) =>
  data({ ...chunk, choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
const chat = {
  head: choice({ role: "assistant", content: "" }),
  delta: choice({ content: text }),
  tail:
    choice({}, "stop") +
    data({ ...chunk, choices: [], usage: { prompt_tokens: 10, completion_tokens: 1 } }) +
    "data: [DONE]\n\n",
};

const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] };
const responses = {
  head:
    event({ type: "response.created", response: { id: "resp_1", status: "in_progress" } }) +
    event({ type: "response.output_item.added", output_index: 0, item }),
  delta: event({
    type: "response.output_text.delta",
    item_id: "msg_1",
    output_index: 0,
    content_index: 0,
    delta: text,
    logprobs: [],
  }),
  tail: event({ type: "response.completed", response: { id: "resp_1", status: "completed", usage } }),
};

const pause = () =>
  new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));

const server = createServer((request, response) => {
  const api = request.url.endsWith("/completions")
    ? chat
    : request.url.endsWith("/responses")
      ? responses
      : messages;
  request.resume().on("end", () => void answer(response, api));
});

async function answer(response, { head, delta, tail }) {
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
