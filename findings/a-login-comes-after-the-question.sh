#!/usr/bin/env bash
# A page opens a WebSocket that reconnects by itself, sends its login in the handler of `open`, and lets the user write
# at once. Expected: a message that waits for the connection goes out after the login, as the handler of `open` is the
# first that learns of the connection. Seen on 2026-11-30 (Node 20.20.2): reconnecting-websocket, partysocket and
# socket.io-client send what waits first, and call the handler then. A server that wants a login first refuses the
# question. With websocket-ts and rews the login comes first. sturdy-websocket calls `open` only once, so that after a
# cut there is no login at all; its word for a later connection is `reopen`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ws@8.23.0 partysocket@1.3.0 reconnecting-websocket@4.4.0 websocket-ts@2.3.0 \
  @nktkas/rews@4.1.0 sturdy-websocket@0.2.1 socket.io@4.8.4 socket.io-client@4.8.4
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { ReconnectingWebSocket as Rews } from "@nktkas/rews";
import { WebSocket as PartySocket } from "partysocket";
import { Server as SocketIo } from "socket.io";
import { io } from "socket.io-client";
import { WebSocket, WebSocketServer } from "ws";

globalThis.WebSocket = WebSocket;
const require = createRequire(import.meta.url);
const Reconnecting = require("reconnecting-websocket");
const { default: Sturdy } = require("sturdy-websocket");
const { ArrayQueue, ConstantBackoff, WebsocketBuilder } = require("websocket-ts");

const quick = { WebSocket, minReconnectionDelay: 1, maxReconnectionDelay: 1 };
const clients = {
  "reconnecting-websocket 4.4.0": (url) => new Reconnecting(url, [], quick),
  "partysocket 1.3.0": (url) => new PartySocket(url, [], quick),
  "websocket-ts 2.3.0": (url) => new WebsocketBuilder(url).withBuffer(new ArrayQueue()).withBackoff(new ConstantBackoff(1)).build(),
  "rews 4.1.0": (url) => new Rews(url, [], { reconnectionDelay: 1 }),
  "sturdy-websocket 0.2.1": (url) => new Sturdy(url, { wsConstructor: WebSocket, minReconnectDelay: 1, maxReconnectDelay: 1 }),
};
for (const [name, connect] of Object.entries(clients)) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  // Returns what a connection reads. At the first message the client has sent all that waited.
  const read = async () => {
    const [connection] = await once(server, "connection");
    const messages = [];
    connection.once("message", () => socket.send("end"));
    await new Promise((done) => connection.on("message", (data) => (String(data) === "end" ? done() : messages.push(String(data)))));
    return { connection, messages };
  };
  const first = read();
  const socket = connect(`ws://127.0.0.1:${server.address().port}`);
  socket.addEventListener("open", () => socket.send("login"));
  socket.send("question 1");
  const { connection, messages } = await first;
  const second = read();
  const closed = new Promise((done) => socket.addEventListener(name.startsWith("sturdy") ? "down" : "close", done, { once: true }));
  connection.terminate();
  await closed;
  socket.send("question 2");
  console.log(`${name}: ${messages.join(", ")}; after a cut ${(await second).messages.join(", ")}`);
  socket.close();
  server.close();
}

const http = createServer().listen(0, "127.0.0.1");
const server = new SocketIo(http);
await once(http, "listening");
async function readSocketIo() {
  const [connection] = await once(server, "connection");
  const messages = [];
  await new Promise((done) => connection.on("message", (text) => messages.push(text) === 2 && done()));
  return { connection, messages };
}
const first = readSocketIo();
const socket = io(`http://127.0.0.1:${http.address().port}`, { transports: ["websocket"], reconnectionDelay: 1 });
socket.on("connect", () => socket.emit("message", "login"));
socket.emit("message", "question 1");
const { connection, messages } = await first;
const second = readSocketIo();
connection.conn.close();
await new Promise((done) => socket.once("disconnect", done));
socket.emit("message", "question 2");
console.log(`socket.io-client 4.8.4: ${messages.join(", ")}; after a cut ${(await second).messages.join(", ")}`);
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
reconnecting-websocket 4.4.0: question 1, login; after a cut question 2, login
partysocket 1.3.0: question 1, login; after a cut question 2, login
websocket-ts 2.3.0: login, question 1; after a cut login, question 2
rews 4.1.0: login, question 1; after a cut login, question 2
sturdy-websocket 0.2.1: login, question 1; after a cut question 2
socket.io-client 4.8.4: question 1, login; after a cut question 2, login
SEEN
echo "as on 2026-11-30"
