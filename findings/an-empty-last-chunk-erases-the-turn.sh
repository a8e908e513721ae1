#!/usr/bin/env bash
# `ai.chats` of @google/genai keeps the history of a chat. Streams of Gemini often end with a chunk that holds only
# `finishReason: "STOP"`, or only the usage (pydantic/pydantic-ai#2631 calls it expected, googleapis/go-genai#795 has
# it from Gemini 3). Expected: the chat keeps the question and the answer that was shown. Seen on 2026-11-30 (genai
# 3.3.0, Node 20.20.2): after `sendMessageStream` the model reads neither with the next question, and no call throws.
# One chunk without content makes the whole turn invalid. `sendMessage` looks at the one answer, and keeps the turn.
# `getHistory()` shows the lost turn, as it returns the full history and not the curated one that is sent.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @google/genai@3.3.0
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { GoogleGenAI } from "@google/genai";

let answers;
let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  read = JSON.parse(body).contents.map(({ role, parts }) => `${role} "${parts.map(({ text }) => text).join("")}"`).join(", ");
  const chunks = answers.shift();
  const isStream = request.url.includes("streamGenerateContent");
  response.writeHead(200, { "content-type": isStream ? "text/event-stream" : "application/json" });
  response.end(isStream ? chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") : JSON.stringify(chunks[0]));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const ai = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: `http://127.0.0.1:${server.address().port}` } });

const chunk = (parts, finishReason) => ({ candidates: [{ index: 0, content: { role: "model", ...(parts && { parts }) }, ...(finishReason && { finishReason }) }] });
const streams = {
  "text and STOP": [chunk([{ text: "Rome." }], "STOP")],
  "text, then STOP": [chunk([{ text: "Rome." }]), chunk(undefined, "STOP")],
  "text, then the usage": [chunk([{ text: "Rome." }], "STOP"), { usageMetadata: { totalTokenCount: 9 } }],
};
for (const [name, stream] of Object.entries(streams)) {
  answers = [stream, [chunk([{ text: "Pizza." }], "STOP")]];
  const chat = ai.chats.create({ model: "gemini" });
  let shown = "";
  for await (const { text } of await chat.sendMessageStream({ message: "Capital of Italy?" })) shown += text ?? "";
  await chat.sendMessage({ message: "And its food?" });
  console.log(`${name}: shows "${shown}"; then the model reads ${read}; getHistory() has ${chat.getHistory().length} messages`);
}
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
text and STOP: shows "Rome."; then the model reads user "Capital of Italy?", model "Rome.", user "And its food?"; getHistory() has 4 messages
text, then STOP: shows "Rome."; then the model reads user "And its food?"; getHistory() has 4 messages
text, then the usage: shows "Rome."; then the model reads user "And its food?"; getHistory() has 4 messages
SEEN
echo "as on 2026-11-30"
