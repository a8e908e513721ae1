// The question: how soon do the first words reach a client of OpenClaw, beside a client of the
// native protocol on the same server? OPENCLAW_URL and OPENCLAW_TOKEN name a gateway of OpenClaw
// itself, to be measured beside them with a model of its own.
import { once } from "node:events";
import process from "node:process";
import { WebSocket } from "ws";
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { startShipped } from "./harness/shipped.mjs";

// From `chat.send` to its first delta at OpenClaw 2026.9.6 with a model on the same machine. It was
// measured once, on a machine like that of the README.
const OPENCLAW_MS = 320;

/**
 * The fields of OpenClaw's frames that are read here.
 * @typedef {{ type: string, id?: string, ok?: boolean, error?: { message: string }, event?: string,
 * payload?: { state?: string } }} Frame
 */

/** A client of OpenClaw's protocol. One message at a time. */
class OpenClawClient {
  /** @type {WebSocket} */
  #socket;
  /** @type {(frame: Frame) => void} */
  #onFrame = () => {};
  #count = 0;

  /** @param {string} url */
  constructor(url) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.on("message", (/** @type {Buffer} */ bytes) => this.#onFrame(JSON.parse(bytes.toString())));
  }

  /** @param {string} url @param {string} [token] */
  static async connect(url, token) {
    const client = new OpenClawClient(url);
    await once(client.#socket, "open");
    const about = { id: "test", version: "1", platform: "linux", mode: "test" };
    const auth = token === undefined ? {} : { auth: { token } };
    const connect = { minProtocol: 4, maxProtocol: 4, client: about, scopes: ["operator.admin"], ...auth };
    const { ok, error } = await client.#request("connect", connect, ({ type }) => type === "res");
    if (!ok) throw new Error(`${url} refused the client: ${error?.message}`);
    return client;
  }

  /** Sends a message. Resolves at the end of its run with the milliseconds to its first words. */
  async firstWords(/** @type {string} */ message) {
    const startedAt = performance.now();
    let firstMs = Number.NaN;
    const params = { sessionKey: "main", message, idempotencyKey: `${startedAt}` };
    await this.#request("chat.send", params, ({ event, payload }) => {
      if (event !== "chat") return false;
      const { state = "" } = payload ?? {};
      if (state === "delta" && Number.isNaN(firstMs)) firstMs = performance.now() - startedAt;
      return /final|error|aborted/.test(state);
    });
    return firstMs;
  }

  /**
   * Sends a request, and resolves with the first frame that is the last one of its answer.
   * @param {string} method @param {object} params @param {(frame: Frame) => boolean} isLast
   * @returns {Promise<Frame>}
   */
  #request(method, params, isLast) {
    this.#count += 1;
    const id = `${this.#count}`;
    return new Promise((resolve) => {
      this.#onFrame = (frame) => isLast(frame) && resolve(frame);
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }
}

await benchmark(async (bench) => {
  const model = await bench.start("harness/model-server.mjs");
  const server = await startShipped(bench, model.port, undefined, { MINI_OPENCLAW_OPENCLAW: "on" });
  const native = await Client.connect(server);
  const ours = await OpenClawClient.connect(`ws://127.0.0.1:${server.port}/openclaw`);
  const url = process.env["OPENCLAW_URL"];
  const own = url && (await OpenClawClient.connect(url, process.env["OPENCLAW_TOKEN"]));
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });

  /** @type {Record<string, () => Promise<number>>} */
  const measures = {
    "ours, native protocol": async () => (await native.ask(content, "run_end")).firstChunkMs,
    "ours, OpenClaw's protocol": () => ours.firstWords(content),
    ...(own && { "OpenClaw's own gateway": () => own.firstWords(content) }),
  };
  const measured = await inTurns(measures, { warmUp: 20, rounds: 200 });
  const nativeMs = median(measured["ours, native protocol"] ?? []);
  report({
    question: "From a message to the model's first words at a client of OpenClaw, ms",
    goal: `at most ${OPENCLAW_MS / 200} ms p50: 200 times sooner than OpenClaw's own gateway (${OPENCLAW_MS} ms)`,
    rows: Object.entries(measured).map(([name, times]) => ({
      "": name,
      p50: median(times),
      p99: percentile(times, 0.99),
      "÷ native, p50": median(times) / nativeMs,
      "times sooner than OpenClaw, p50": OPENCLAW_MS / median(times),
    })),
  });
});
