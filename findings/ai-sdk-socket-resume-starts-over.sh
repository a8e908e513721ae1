#!/usr/bin/env bash
# The AI SDK 7 has a WebSocket transport whose chunks are numbered, and the type of its resume frame has a
# `lastSequence`. Expected: after a cut the client asks for what follows the last number that it has.
# Seen on 2026-11-29 (ai 7.0.173, Node 20.20.2): the client never sends `lastSequence`, though it has read 7 chunks
# on the same transport. A server that goes on with number 7 breaks the protocol: the client closes the socket with
# 1011, for all chats that share it. A server must send the whole run again, with numbers that begin at 0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 ws@8.21.0 zod@4.6.7
grep -q 'lastSequence' node_modules/ai/dist/index.d.ts && echo "index.d.ts names lastSequence"
cat >run.mjs <<'JS'
import { once } from "node:events";
import { WebSocketChatTransport } from "ai";
import { WebSocket, WebSocketServer } from "ws";

const chunks = [
  { type: "start", messageId: "run" },
  { type: "start-step" },
  { type: "text-start", id: "text" },
  { type: "text-delta", id: "text", delta: "Hello." },
  { type: "text-end", id: "text" },
  { type: "finish-step" },
  { type: "finish" },
];
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
let first = 0;
server.on("connection", (socket) => {
  socket.on("close", (code) => console.log("the client closes the socket:", code));
  socket.on("message", (data) => {
    const { type, requestId, ...rest } = JSON.parse(data);
    console.log(`${type} frame has`, Object.keys(rest).sort().join());
    const send = (frame) => socket.send(JSON.stringify({ requestId, ...frame }));
    if (type === "resume") send({ type: "start" });
    chunks.forEach((chunk, index) => send({ type: "chunk", sequence: first + index, chunk }));
    send({ type: "end" });
  });
});
const transport = new WebSocketChatTransport({ url: `ws://127.0.0.1:${server.address().port}`, webSocket: WebSocket });
async function read(stream) {
  let count = 0;
  for await (const _ of stream) count += 1;
  return `${count} chunks`;
}
const messages = [{ id: "u1", role: "user", parts: [{ type: "text", text: "hi" }] }];
console.log("send:", await read(await transport.sendMessages({ chatId: "c", trigger: "submit-message", messages })));
console.log("resume, numbered from 0:", await read(await transport.reconnectToStream({ chatId: "c" })));
first = chunks.length;
const closed = once([...server.clients][0], "close");
console.log("resume, numbered from 7:", await transport.reconnectToStream({ chatId: "c" }).then(read).catch((error) => error.message));
await closed;
server.close();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
send frame has body,headers,id,messages,trigger
send: 7 chunks
resume frame has body,headers,id
resume, numbered from 0: 7 chunks
resume frame has body,headers,id
resume, numbered from 7: Out-of-order WebSocket chat chunk sequence.
the client closes the socket: 1011
SEEN
echo "as on 2026-11-29"
