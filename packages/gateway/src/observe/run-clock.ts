import type { NumberedEvent, RunEndEvent } from "@mini-openclaw/protocol";
import type { RunDiagnostic } from "./channels.ts";

type RunMoment = RunDiagnostic extends infer Moment
  ? Moment extends RunDiagnostic
    ? Omit<Moment, "gateway">
    : never
  : never;

interface Timing {
  startedAt: number;
  firstChunkAt: number | undefined;
}

// Runs without an end, because their session could not be written, are forgotten at last.
const MAX_RUNS = 10_000;

/** Measures runs by their events. */
export class RunClock {
  readonly #runs = new Map<string, Timing>();
  readonly #now: () => number;

  /** `now` is in milliseconds, from any clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Returns the start or end that an event reports, or `undefined` for events in the middle of a
   * run.
   */
  see(event: NumberedEvent): RunMoment | undefined {
    if (event.type === "user_message" || event.type === "run_start") return this.#begin(event);
    if (event.type === "run_end") return this.#end(event);
    const timing = event.type === "chunk" ? this.#runs.get(event.runId) : undefined;
    if (timing) timing.firstChunkAt ??= this.#now();
    return undefined;
  }

  #begin({ sessionId, runId }: { sessionId: string; runId: string }): RunMoment | undefined {
    if (this.#runs.has(runId)) return undefined;
    const [oldest] = this.#runs.keys();
    if (this.#runs.size >= MAX_RUNS && oldest !== undefined) this.#runs.delete(oldest);
    this.#runs.set(runId, { startedAt: this.#now(), firstChunkAt: undefined });
    return { phase: "start", sessionId, runId };
  }

  #end({ sessionId, runId, outcome, usage, costUsd }: RunEndEvent & NumberedEvent): RunMoment | undefined {
    const timing = this.#runs.get(runId);
    // It began before anybody wanted to know.
    if (!timing) return undefined;
    this.#runs.delete(runId);
    const { startedAt, firstChunkAt } = timing;
    const durationMs = this.#now() - startedAt;
    const firstChunkMs = firstChunkAt === undefined ? undefined : firstChunkAt - startedAt;
    return { phase: "end", sessionId, runId, outcome, usage, costUsd, durationMs, firstChunkMs };
  }
}
