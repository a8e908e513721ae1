// The question: how soon do the first words reach a client of OpenClaw, beside a client of the
// native protocol on the same server, and beside OpenClaw's own gateway on the same model?
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { WebSocket } from "ws";
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { isInstalled, startOpenClaw } from "./harness/openclaw-gateway.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { startShipped } from "./harness/shipped.mjs";

// From `chat.send` to its first delta at OpenClaw 2026.9.6 with a model on the same machine. It was
// measured once, on a machine like that of the README.
const PUBLISHED_MS = 320;

const TOKEN = "0123456789abcdef0123456789abcdef";

/**
 * The fields of OpenClaw's frames that are read here.
 * @typedef {{ type: string, id?: string, ok?: boolean, error?: { message: string }, event?: string,
 * payload?: { state?: string, nonce?: string } }} Frame
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

  /** @param {string} url */
  static async connect(url) {
    const client = new OpenClawClient(url);
    const { payload } = await client.#next(({ event }) => event === "connect.challenge");
    const about = { id: "test", version: "1", platform: "linux", mode: "test" };
    const { ok, error } = await client.#request(
      "connect",
      {
        minProtocol: 4,
        maxProtocol: 4,
        client: about,
        role: "operator",
        scopes: ["operator.admin"],
        auth: { token: TOKEN },
        device: newDevice(payload?.nonce ?? ""),
      },
      ({ type }) => type === "res",
    );
    if (!ok) throw new Error(`${url} refused the client: ${error?.message}`);
    return client;
  }

  /** Sends a message. Resolves at the end of its run with the milliseconds to its first words. */
  async firstWords(/** @type {string} */ message) {
    const startedAt = performance.now();
    let firstMs = Number.NaN;
    const params = { sessionKey: "main", message, idempotencyKey: `${startedAt}` };
    const { payload, error } = await this.#request("chat.send", params, ({ type, event, ok, payload }) => {
      if (event !== "chat") return type === "res" && !ok;
      const { state = "" } = payload ?? {};
      if (state === "delta" && Number.isNaN(firstMs)) firstMs = performance.now() - startedAt;
      return /final|error|aborted/.test(state);
    });
    if (payload?.state !== "final" || Number.isNaN(firstMs))
      throw new Error(`The run had no words: ${error?.message ?? payload?.state}.`);
    return firstMs;
  }

  /**
   * Sends a request, and resolves with the first frame that is the last one of its answer.
   * @param {string} method @param {object} params @param {(frame: Frame) => boolean} isLast
   * @returns {Promise<Frame>}
   */
  #request(method, params, isLast) {
    this.#count += 1;
    this.#socket.send(JSON.stringify({ type: "req", id: `${this.#count}`, method, params }));
    return this.#next(isLast);
  }

  /** @param {(frame: Frame) => boolean} isWanted @returns {Promise<Frame>} */
  #next(isWanted) {
    return new Promise((resolve) => {
      this.#onFrame = (frame) => isWanted(frame) && resolve(frame);
    });
  }
}

/** Returns a device for `connect`. OpenClaw's own gateway lets no other client write. */
function newDevice(/** @type {string} */ nonce) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const id = createHash("sha256").update(key).digest("hex");
  const signedAt = Date.now();
  const text = ["v2", id, "test", "test", "operator", "operator.admin", signedAt, TOKEN, nonce].join("|");
  const signature = sign(null, Buffer.from(text), privateKey).toString("base64url");
  return { id, publicKey: key.toString("base64url"), signature, signedAt, nonce };
}

await benchmark(async (bench) => {
  const model = await bench.start("harness/model-server.mjs");
  const server = await startShipped(bench, model.port, undefined, { MINI_OPENCLAW_OPENCLAW: "on" });
  const native = await Client.connect(server);
  const ours = await OpenClawClient.connect(`ws://127.0.0.1:${server.port}/openclaw`);
  const openClaw = isInstalled ? await startOpenClaw(bench.folder(), model.port, TOKEN) : undefined;
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });
  try {
    const own = openClaw && (await OpenClawClient.connect(openClaw.url));
    /** @type {Record<string, () => Promise<number>>} */
    const measures = {
      "the model alone": () => firstByte(model.port, content),
      "ours, native protocol": async () => (await native.ask(content, "run_end")).firstChunkMs,
      "ours, OpenClaw's protocol": () => ours.firstWords(content),
      ...(own && { "OpenClaw's own gateway": () => own.firstWords(content) }),
    };
    const measured = await inTurns(measures, { warmUp: own ? 5 : 20, rounds: own ? 30 : 200 });
    const nativeMs = median(measured["ours, native protocol"] ?? []);
    const own50 = own ? median(measured["OpenClaw's own gateway"] ?? []) : PUBLISHED_MS;
    const modelMs = median(measured["the model alone"] ?? []);
    report({
      question: "From a message to the model's first words at a client of OpenClaw, ms",
      goal: `200 times sooner than OpenClaw's own gateway (${own ? "measured here" : `published: ${PUBLISHED_MS} ms`})`,
      rows: Object.entries(measured).map(([name, times]) => ({
        "": name,
        p50: median(times),
        p99: percentile(times, 0.99),
        "÷ native, p50": median(times) / nativeMs,
        "beyond the model, p50": median(times) - modelMs,
        "times sooner than OpenClaw, p50": own50 / median(times),
      })),
    });
  } finally {
    await openClaw?.stop();
  }
});

/**
 * Resolves with the milliseconds until the first bytes of the model's answer, for a client that
 * does nothing else.
 * @param {number} port @param {string} content
 */
async function firstByte(port, content) {
  const startedAt = performance.now();
  const body = JSON.stringify({ messages: [{ role: "user", content }] });
  const response = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: "POST", body });
  const reader = response.body?.getReader();
  await reader?.read();
  const ms = performance.now() - startedAt;
  while (!(await reader?.read())?.done);
  return ms;
}
