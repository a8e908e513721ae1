// A process with one store, in which many sessions record events at a fixed rate. Settings come as
// JSON. Answers "record" with the times until each event was written.
import process from "node:process";
import { createPostgresStore } from "@mini-openclaw/postgres";
import pg from "pg";

/**
 * @type {{ config: import("pg").PoolConfig, schema: string, durability: "os" | "disk",
 * sessions: number, perSecond: number, seconds: number }}
 */
const { config, schema, durability, sessions, perSecond, seconds } = JSON.parse(process.argv[2] ?? "{}");
// A run: its message, chunks, and its end.
const CHUNKS = 100;
const SLICE_MS = 5;

const store = await createPostgresStore({ pool: new pg.Pool(config), schema, durability });
const usage = { inputTokens: 10, outputTokens: CHUNKS, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** One session in which one run follows another. */
class Source {
  #log;
  #count = 0;
  /** @param {import("@mini-openclaw/session-store").SessionLog} log */
  constructor(log) {
    this.#log = log;
  }
  /** Records the next event. */
  async next() {
    const index = this.#count % (CHUNKS + 3);
    const runId = `run-${Math.floor(this.#count / (CHUNKS + 3))}`;
    const timestamp = Date.now();
    this.#count += 1;
    const id = `${runId}-answer`;
    if (index === 0)
      return this.#log.record([
        { type: "user_message", runId, id: `${runId}-question`, content: "What is next?", timestamp },
      ]);
    if (index <= CHUNKS)
      return this.#log.record([{ type: "chunk", runId, messageId: id, content: "word after word " }]);
    if (index === CHUNKS + 1) {
      const content = "word after word ".repeat(CHUNKS);
      return this.#log.record([{ type: "assistant_message", runId, id, content, timestamp, usage }]);
    }
    await this.#log.record([{ type: "run_end", runId, outcome: "completed", usage, timestamp }]);
    return this.#log.settle();
  }
}

/** @type {Source[]} */
const sources = [];
for (let index = 0; index < sessions; index += 1) {
  const { sessionId } = await store.createSession(`events:${index}`);
  sources.push(new Source(await store.openLog(sessionId)));
}
// Runs begin at different times.
const beginning = sources.map(async (source, index) => {
  for (let count = 0; count < index % (CHUNKS + 3); count += 1) await source.next();
});
await Promise.all(beginning);

/** @returns {Promise<number[]>} */
async function recordAll() {
  const total = perSecond * seconds;
  /** @type {number[]} */
  const times = [];
  /** @type {Promise<unknown>[]} */
  const recording = [];
  const startedAt = performance.now();
  for (let count = 0; count < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
    for (; count < due; count += 1) {
      const sentAt = performance.now();
      const recorded = sources[count % sessions]?.next();
      recording.push(recorded?.then(() => times.push(performance.now() - sentAt)) ?? Promise.resolve());
    }
    await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
  }
  await Promise.all(recording);
  return times;
}

process.on("message", (question) => {
  if (question !== "record") return;
  void recordAll().then((times) => process.send?.({ times }));
});
process.send?.({ port: 0 });
