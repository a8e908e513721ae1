import { once } from "node:events";
import { request } from "node:http";
import { WebSocket } from "ws";

let asked = 0;

/** The messages of a client that has sent one. @param {string} text */
const messagesOf = (text) => [
  { id: `message-${(asked += 1)}`, role: "user", parts: [{ type: "text", text }] },
];

/** A client of the AI SDK's protocol on a socket, written for speed. One question at a time. */
export class AiSocketClient {
  socket;
  /** @type {(frame: string) => void} */
  #onFrame = () => {};

  /** @param {{ port: number, token?: string | undefined }} server */
  static async connect(server) {
    const client = new AiSocketClient(server);
    await once(client.socket, "open");
    return client;
  }

  /** @param {{ port: number, token?: string | undefined }} server */
  constructor({ port, token }) {
    const protocols = ["ai-sdk-7", ...(token === undefined ? [] : [`bearer.${token}`])];
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, { perMessageDeflate: false });
    this.socket.on("message", (/** @type {Buffer} */ bytes) => this.#onFrame(bytes.toString("utf8", 0, 200)));
    this.chatId = `chat-${(asked += 1)}`;
  }

  /** @param {string} text @returns {Promise<{ firstChunkMs: number }>} */
  ask(text) {
    const requestId = `request-${(asked += 1)}`;
    const frame = { type: "send", requestId, id: this.chatId, trigger: "submit-message" };
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      let firstChunkMs = Number.NaN;
      this.#onFrame = (head) => {
        if (Number.isNaN(firstChunkMs) && head.includes('"text-delta"'))
          firstChunkMs = performance.now() - startedAt;
        if (head.includes('"type":"end"')) resolve({ firstChunkMs });
        if (head.includes('"type":"error"')) reject(new Error(head));
      };
      this.socket.send(JSON.stringify({ ...frame, messages: messagesOf(text), headers: {}, body: {} }));
    });
  }
}

/** A client of the AI SDK's protocol over HTTP. Each question is a chat of its own. */
export class AiHttpClient {
  #server;

  /** @param {{ port: number, token?: string | undefined, path: string }} server */
  constructor(server) {
    this.#server = server;
  }

  /** @param {string} text @returns {Promise<{ firstChunkMs: number }>} */
  ask(text) {
    const { port, token, path } = this.#server;
    const body = JSON.stringify({
      id: `chat-${(asked += 1)}`,
      trigger: "submit-message",
      messages: messagesOf(text),
    });
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      let firstChunkMs = Number.NaN;
      const headers = { "content-type": "application/json", ...authorization };
      const sent = request({ port, host: "127.0.0.1", path, method: "POST", headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
        response.on("data", (/** @type {Buffer} */ bytes) => {
          if (Number.isNaN(firstChunkMs) && bytes.includes('"text-delta"'))
            firstChunkMs = performance.now() - startedAt;
        });
        response.on("end", () => resolve({ firstChunkMs }));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
