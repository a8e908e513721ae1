import process from "node:process";
import type { RecordedEvent } from "@mini-openclaw/protocol";
import { requireSync } from "../shared/callbacks.ts";
import { SessionWatch, type Viewer, type WatchDeps } from "../watch/session-watch.ts";
import type { PerformOptions } from "./dialect.ts";

/** The connection that a sink belongs to. */
interface Owner extends Pick<Viewer, "watchDeps" | "isFull" | "drained" | "requireResume"> {
  /** Closes the connection, because its dialect failed. */
  failDialect(error: unknown): void;
}

/** The events that a sink passes on. */
interface Range {
  sessionId: string;
  /** Only events after this number. @default only new events */
  after?: number | undefined;
  /** Only the events of this run. The sink ends with the run. */
  runId?: string | undefined;
}

/**
 * The events of a session or of a run, on their way to a function of a dialect. They wait until the
 * dialect has the answer to its command.
 */
export class EventSink implements Viewer {
  readonly #owner: Owner;
  readonly #onEvent: NonNullable<PerformOptions["onEvent"]>;
  readonly #signal: AbortSignal | undefined;
  #watch: SessionWatch | undefined;
  #runId: string | undefined;
  #waiting: RecordedEvent[] | undefined = [];
  #isClosed = false;

  constructor(owner: Owner, onEvent: NonNullable<PerformOptions["onEvent"]>, signal?: AbortSignal) {
    this.#owner = owner;
    this.#onEvent = onEvent;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#end);
    if (signal?.aborted) this.close();
  }

  /** True if events come, or came. */
  get isStarted(): boolean {
    return this.#watch !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get watchDeps(): WatchDeps {
    return this.#owner.watchDeps;
  }

  get isFull(): boolean {
    return this.#owner.isFull;
  }

  drained(): Promise<void> {
    return this.#owner.drained();
  }

  requireResume(): void {
    this.#owner.requireResume();
  }

  watch({ sessionId, after, runId }: Range): void {
    if (this.#isClosed) return;
    this.#watch?.close();
    this.#runId = runId;
    this.#watch = new SessionWatch(sessionId, this, after);
  }

  show(recorded: RecordedEvent): void {
    const { event } = recorded;
    if (this.#runId !== undefined && !("runId" in event && event.runId === this.#runId)) return;
    if (this.#waiting) this.#waiting.push(recorded);
    else this.#pass(recorded);
  }

  /** Passes events on, once the dialect has continued with the answer to its command. */
  answered(): void {
    // Ticks come after all promises that are resolved now.
    process.nextTick(() => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const recorded of waiting) this.#pass(recorded);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#watch?.close();
    this.#signal?.removeEventListener("abort", this.#end);
  }

  readonly #end = () => this.close();

  #pass({ event, json }: RecordedEvent): void {
    if (this.#isClosed) return;
    const isEnd = this.#runId !== undefined && event.type === "run_end";
    if (isEnd) this.close();
    try {
      requireSync(this.#onEvent(event, json), "onEvent");
    } catch (error) {
      this.#owner.failDialect(error);
    }
  }
}
