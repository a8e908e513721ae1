#!/usr/bin/env bash
# An agent speaks AG-UI over HTTP. Expected: `runAgent()` of @ag-ui/client rejects when a run fails in the middle of an
# answer, and resolves when the answer is whole. Seen on 2026-11-30 (@ag-ui/client 1.0.0, Node 20.20.2): it resolves
# when the agent reports `RUN_ERROR`, and when the stream ends without `RUN_FINISHED`; the half answer is a message
# like any other. It rejects when the run finishes with the whole answer and only leaves out the `TEXT_MESSAGE_END`.
# A caller has to ask a subscriber how a run has ended: only `onRunFinishedEvent` means that it is whole.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @ag-ui/client@1.0.0
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { HttpAgent } from "@ag-ui/client";

const start = { type: "TEXT_MESSAGE_START", messageId: "1", role: "assistant" };
const say = (delta) => ({ type: "TEXT_MESSAGE_CONTENT", messageId: "1", delta });
const end = { type: "TEXT_MESSAGE_END", messageId: "1" };
const runs = {
  whole: [start, say("Half "), say("and half."), end, { type: "RUN_FINISHED" }],
  "error of the agent": [start, say("Half "), { type: "RUN_ERROR", message: "The model is overloaded." }],
  "stream ends": [start, say("Half ")],
  "end of text left out": [start, say("Half "), say("and half."), { type: "RUN_FINISHED" }],
};
let events;
let hasRead;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { threadId, runId } = JSON.parse(body);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (sent) => response.write(sent.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
  const isText = ({ type }) => type.startsWith("TEXT_MESSAGE_S") || type.startsWith("TEXT_MESSAGE_C");
  send([{ type: "RUN_STARTED", threadId, runId }, ...events.filter(isText)]);
  await hasRead;
  send(events.filter((event) => !isText(event)).map((event) => (event.type === "RUN_FINISHED" ? { threadId, runId, ...event } : event)));
  response.end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

console.error = () => {};
for (const [name, run] of Object.entries(runs)) {
  events = run;
  const agent = new HttpAgent({ url: `http://127.0.0.1:${server.address().port}` });
  agent.addMessage({ id: "q", role: "user", content: "Go." });
  const seen = [];
  let read;
  hasRead = new Promise((resolve) => (read = resolve));
  const subscriber = {
    onTextMessageContentEvent({ event }) {
      seen.push(event.delta);
      if (seen.length === events.filter(({ delta }) => delta).length) read();
    },
    onRunErrorEvent: () => void seen.push("[error]"),
    onRunFinishedEvent: () => void seen.push("[finished]"),
  };
  const how = await agent.runAgent({}, subscriber).then(() => "resolves", () => "rejects");
  const [, answer] = agent.messages;
  console.log(`${name}: ${how}; the subscriber reads ${seen.join("")}; the answer is ${answer ? `"${answer.content}"` : "no message"}`);
}
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
whole: resolves; the subscriber reads Half and half.[finished]; the answer is "Half and half."
error of the agent: resolves; the subscriber reads Half [error]; the answer is "Half "
stream ends: resolves; the subscriber reads Half ; the answer is "Half "
end of text left out: rejects; the subscriber reads Half and half.; the answer is "Half and half."
SEEN
echo "as on 2026-11-30"
