import { once } from "node:events";
import process from "node:process";
import { WebSocket } from "ws";

/**
 * The message that makes the model's server answer so: `reads` writes to its socket, `gapMs` apart,
 * of `deltas` each. `stamped`: each delta is the time at which it was sent.
 * @param {{ reads: number, deltas: number, characters: number, gapMs: number, stamped?: boolean }}
 * shape
 */
export const answerOf = ({ reads, deltas, characters, gapMs, stamped }) =>
  `${reads} reads of ${deltas} deltas of ${characters} characters, ${gapMs} ms apart${stamped ? ", stamped" : ""}`;

/** A client of any of the gateways. One question at a time. */
export class Client {
  /** The session that the gateway put it in. */
  sessionId = "";
  socket;
  /** @type {(type: string, text: string) => void} */
  #onFrame = () => {};

  /** @param {{ port: number, token?: string | undefined }} server */
  static async connect(server) {
    const client = new Client(server);
    await once(client.socket, "open");
    if (client.sessionId === "") await client.frame("connected");
    return client;
  }

  /** @param {{ port: number, token?: string | undefined }} server */
  constructor({ port, token }) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers, perMessageDeflate: false });
    this.socket.on("message", (/** @type {Buffer} */ bytes) => {
      // Answers can be long: only the head is looked at.
      const head = bytes.toString("utf8", 0, 2000);
      const type = /"type":"(\w+)"/.exec(head)?.[1] ?? "";
      if (type === "connected") this.sessionId = /"sessionId":"([^"]+)"/.exec(head)?.[1] ?? "";
      this.#onFrame(type, head);
    });
  }

  /** Begins a session of its own. */
  async create() {
    const created = this.frame("connected");
    this.socket.send('{"type":"create"}');
    await created;
  }

  /**
   * Asks for a stamped answer. Resolves with the milliseconds that each of its deltas was on the
   * way.
   * @param {string} content @param {"run_end" | "message_done"} last @returns {Promise<number[]>}
   */
  delays(content, last) {
    return new Promise((resolve) => {
      /** @type {number[]} */
      const delays = [];
      this.#onFrame = (type, text) => {
        const now = Number(process.hrtime.bigint() / 1000n);
        if (type === "chunk")
          for (const [, sent] of text.matchAll(/@(\d+)/g)) delays.push((now - Number(sent)) / 1000);
        if (type === last) resolve(delays);
      };
      this.socket.send(JSON.stringify({ type: "message", content }));
    });
  }

  /** Resolves with the next frame of that type. @param {string} type @returns {Promise<void>} */
  frame(type) {
    return new Promise((resolve) => {
      this.#onFrame = (one) => {
        if (one === type) resolve();
      };
    });
  }

  /**
   * Sends a message and waits for its last frame: `run_end` of ours, `message_done` of the naive
   * gateway.
   * @param {string} content
   * @param {"run_end" | "message_done"} last
   * @param {string} [sessionId]
   * @returns {Promise<{ firstChunkMs: number, wholeMs: number, chunkCount: number }>}
   */
  ask(content, last, sessionId) {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      let firstChunkMs = Number.NaN;
      let chunkCount = 0;
      this.#onFrame = (type) => {
        if (type === "chunk") chunkCount += 1;
        if (type === "chunk" && chunkCount === 1) firstChunkMs = performance.now() - startedAt;
        if (type === last) resolve({ firstChunkMs, wholeMs: performance.now() - startedAt, chunkCount });
      };
      this.socket.send(JSON.stringify({ type: "message", content, ...(sessionId && { sessionId }) }));
    });
  }

  /** A round trip, in milliseconds. */
  async ping() {
    const startedAt = performance.now();
    const pong = this.frame("pong");
    this.socket.send('{"type":"ping"}');
    await pong;
    return performance.now() - startedAt;
  }
}
