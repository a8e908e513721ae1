import { once } from "node:events";
import { WebSocket } from "ws";

/**
 * The message that makes the model's server answer so: `reads` writes to its socket, `gapMs` apart,
 * of `deltas` each.
 * @param {{ reads: number, deltas: number, characters: number, gapMs: number }} shape
 */
export const answerOf = ({ reads, deltas, characters, gapMs }) =>
  `${reads} reads of ${deltas} deltas of ${characters} characters, ${gapMs} ms apart`;

/** A client of any of the gateways. One question at a time. */
export class Client {
  /** The session that the gateway put it in. */
  sessionId = "";
  socket;
  /** @type {(type: string) => void} */
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
      const head = bytes.toString("utf8", 0, 200);
      const type = /"type":"(\w+)"/.exec(head)?.[1] ?? "";
      if (type === "connected") this.sessionId = /"sessionId":"([^"]+)"/.exec(head)?.[1] ?? "";
      this.#onFrame(type);
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
