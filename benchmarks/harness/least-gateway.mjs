// The least that a gateway with a journal can be: it reads the model's server with `node:http`,
// writes each piece of text to a file, and sends it. No auth, sessions, validation or limits.
import { openSync, writeSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { WebSocketServer } from "ws";

const { modelPort, folder } = JSON.parse(process.argv[2] ?? "{}");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
let connections = 0;

server.on("connection", (socket) => {
  const sessionId = String((connections += 1));
  const journal = openSync(join(folder, sessionId), "a");
  socket.send(JSON.stringify({ type: "connected", sessionId }));
  socket.on("message", (/** @type {Buffer} */ bytes) => {
    const { content } = JSON.parse(bytes.toString());
    const asked = request({ host: "127.0.0.1", port: modelPort, method: "POST" }, (answer) => {
      let seq = 0;
      let rest = "";
      answer.on("data", (/** @type {Buffer} */ piece) => {
        const events = (rest + piece.toString()).split("\n\n");
        rest = events.pop() ?? "";
        const text = events.map(textOf).join("");
        if (text === "") return;
        const json = JSON.stringify({ type: "chunk", sessionId, content: text, seq: (seq += 1) });
        writeSync(journal, `${json}\n`);
        socket.send(json);
      });
      answer.on("end", () => socket.send(JSON.stringify({ type: "run_end", sessionId })));
    });
    asked.end(JSON.stringify({ messages: [{ role: "user", content }] }));
  });
});

/** The text of an event, if it is a delta. @param {string} event @returns {string} */
function textOf(event) {
  const data = JSON.parse(event.slice(event.indexOf("{")));
  return data.type === "content_block_delta" ? data.delta.text : "";
}

server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
