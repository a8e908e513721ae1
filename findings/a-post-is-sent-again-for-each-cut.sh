#!/usr/bin/env bash
# A page sends a question by POST to an endpoint of Chat Completions and reads the answer with a library for
# server-sent events. Expected: one POST is one question. A connection that is cut throws, and an answer that ends,
# ends the loop. Seen on 2026-11-30 (Node 20.20.2): all three libraries that take a POST ask again when an answer is
# cut, for ever, and add the second answer to the half of the first. `eventsource` (with the POST in its option
# `fetch`) and eventsource-client ask again also when an answer was whole and the server has closed, as GET streams
# want it, so that a chat pays for an answer every few seconds until `close()` is called. fetch-event-source resolves
# then. `fetch` with eventsource-parser asks once. The server names a pause of 1 ms, so that the script need not wait.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @microsoft/fetch-event-source@2.0.1 eventsource-client@1.2.0 eventsource@5.1.5 \
  eventsource-parser@4.1.3
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSourceParserStream } from "eventsource-parser/stream";

// fetch-event-source looks for a page.
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.window = globalThis;
const { fetchEventSource } = createRequire(import.meta.url)("@microsoft/fetch-event-source");

let isCut;
let asked;
let onThird;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  if (JSON.parse(body).prompt) asked += 1;
  if (asked === 3) return onThird();
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (isCut) return response.write("retry: 1\ndata: Take 5 \n\n", () => response.destroy());
  response.end("retry: 1\ndata: Take 5 \n\ndata: mg.\n\ndata: [DONE]\n\n");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/v1/chat/completions`;
const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ prompt: "How much?" }) };
const ways = {
  "fetch-event-source 2.0.1": (show) => fetchEventSource(url, { ...post, openWhenHidden: true, onmessage: ({ data }) => show(data) }),
  "eventsource-client 1.2.0": async (show) => {
    for await (const { data } of createEventSource({ url, ...post })) show(data);
  },
  "eventsource 5.1.5": (show) => {
    const source = new EventSource(url, { fetch: (address, init) => fetch(address, { ...init, ...post }) });
    source.onmessage = ({ data }) => show(data);
    return new Promise(() => {});
  },
  "fetch with eventsource-parser 4.1.3": async (show) => {
    const { body } = await fetch(url, post);
    for await (const { data } of body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) show(data);
  },
};
for (isCut of [false, true]) {
  for (const [name, ask] of Object.entries(ways)) {
    asked = 0;
    let shown = "";
    const third = new Promise((resolve) => (onThird = () => resolve("asks a third time")));
    const end = ask((data) => (shown += data)).then(() => "ends", (error) => `throws "${error.message}"`);
    console.log(`${isCut ? "cut" : "whole"}, ${name}: ${await Promise.race([end, third])}, shows "${shown}"`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
whole, fetch-event-source 2.0.1: ends, shows "Take 5 mg.[DONE]"
whole, eventsource-client 1.2.0: asks a third time, shows "Take 5 mg.[DONE]Take 5 mg.[DONE]"
whole, eventsource 5.1.5: asks a third time, shows "Take 5 mg.[DONE]Take 5 mg.[DONE]"
whole, fetch with eventsource-parser 4.1.3: ends, shows "Take 5 mg.[DONE]"
cut, fetch-event-source 2.0.1: asks a third time, shows "Take 5 Take 5 "
cut, eventsource-client 1.2.0: asks a third time, shows "Take 5 Take 5 "
cut, eventsource 5.1.5: asks a third time, shows "Take 5 Take 5 "
cut, fetch with eventsource-parser 4.1.3: throws "terminated", shows "Take 5 "
SEEN
echo "as on 2026-11-30"
