// The baseline: the gateway that the tutorial prints, without its mistakes that would end the
// benchmark. One JSON frame and one send a delta, the whole transcript read for every message, one
// `appendFile` a message; no journal, no auth, no validation, no limits. Where the tutorial leaves
// a choice, it takes the cheaper.
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import Anthropic from "@anthropic-ai/sdk";
import { WebSocketServer } from "ws";

/** @typedef {{ role: "user" | "assistant", content: string, timestamp: number }} Message */

class NaiveSessionStore {
  /** @type {Map<string, { sessionId: string, channel: string }>} */
  #index = new Map();
  #folder;

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder).filter((one) => one.endsWith(".meta.json"))) {
      const meta = JSON.parse(readFileSync(join(folder, name), "utf8"));
      this.#index.set(meta.sessionId, meta);
    }
  }

  /** @param {string} channel */
  getOrCreateSession(channel) {
    for (const meta of this.#index.values()) if (meta.channel === channel) return meta;
    const now = Date.now();
    const meta = { sessionId: randomUUID(), channel, createdAt: now, updatedAt: now, messageCount: 0 };
    this.#index.set(meta.sessionId, meta);
    writeFileSync(join(this.#folder, `${meta.sessionId}.meta.json`), JSON.stringify(meta));
    return meta;
  }

  /** @param {string} sessionId @param {Message} message */
  appendMessage(sessionId, message) {
    return appendFile(join(this.#folder, `${sessionId}.jsonl`), `${JSON.stringify(message)}\n`);
  }

  /** @param {string} sessionId @returns {Promise<Message[]>} */
  async loadMessages(sessionId) {
    const text = await readFile(join(this.#folder, `${sessionId}.jsonl`), "utf8");
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => JSON.parse(line));
  }
}

const { modelPort, folder, maxContextMessages = 50, sessionEach } = JSON.parse(process.argv[2] ?? "{}");
const store = new NaiveSessionStore(folder);
const anthropic = new Anthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${modelPort}` });
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
let connections = 0;

server.on("connection", (socket) => {
  const { sessionId } = store.getOrCreateSession(sessionEach ? `webchat:${(connections += 1)}` : "webchat");
  /** @param {object} event */
  const send = (event) => socket.send(JSON.stringify(event));
  send({ type: "connected", sessionId });
  socket.on("message", (/** @type {Buffer} */ bytes) => {
    const event = JSON.parse(bytes.toString());
    if (event.type === "ping") return send({ type: "pong" });
    answer(event.sessionId ?? sessionId, event.content, send).catch((error) => {
      send({ type: "error", message: String(error) });
    });
  });
});

/** @param {string} sessionId @param {string} text @param {(event: object) => void} send */
async function answer(sessionId, text, send) {
  await store.appendMessage(sessionId, { role: "user", content: text, timestamp: Date.now() });
  const history = (await store.loadMessages(sessionId)).slice(-maxContextMessages);
  const messages = history.map(({ role, content }) => ({ role, content }));
  const stream = anthropic.messages.stream({ model: "m", max_tokens: 8192, messages });
  let content = "";
  stream.on("text", (delta) => {
    content += delta;
    send({ type: "chunk", sessionId, content: delta });
  });
  await stream.finalMessage();
  await store.appendMessage(sessionId, { role: "assistant", content, timestamp: Date.now() });
  send({ type: "message_done", sessionId, content });
  // For benchmarks whose client does not read.
  process.send?.({ answered: content.length });
}

server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
