import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { Watchers } from "../watch/watchers.ts";

// 1 MiB of JSON, as an outbox; what is beyond is read from the log.
const MAX_CHARS = 1_048_576;

/** A run's first events, in order. */
export interface EarlyRun {
  readonly events: RecordedEvent[];
  /** Whether there were more than are here. */
  isCut: boolean;
}

/**
 * The events of a message that is being submitted, from the one that keeps it on: a run may show some, or end, before who
 * submitted the message hears which run it is.
 */
export class EarlyEvents {
  readonly #runs = new Map<string, EarlyRun>();
  #chars = 0;
  readonly #message: { content: string; requestId: string | undefined };
  /** Ends the collecting. */
  readonly stop: () => void;

  constructor(
    watchers: Pick<Watchers, "watch">,
    sessionId: string,
    message: { content: string; requestId: string | undefined },
  ) {
    this.#message = message;
    this.stop = watchers.watch(sessionId, (recorded) => this.#take(recorded));
  }

  /** `undefined` for a run that does not begin here. */
  of(runId: string): EarlyRun | undefined {
    return this.#runs.get(runId);
  }

  #take(recorded: RecordedEvent): void {
    const { event, json } = recorded;
    if (!("runId" in event)) return;
    const early = this.#runs.get(event.runId) ?? this.#begin(recorded);
    if (!early) return;
    this.#chars += json.length;
    // The first one stays, whatever its length: it says where the rest begins.
    if (this.#chars > MAX_CHARS && early.events.length > 0) early.isCut = true;
    if (!early.isCut) early.events.push(recorded);
  }

  #begin({ event }: RecordedEvent): EarlyRun | undefined {
    const { content, requestId } = this.#message;
    if (event.type !== "user_message" && event.type !== "message_queued") return undefined;
    if (event.content !== content || event.requestId !== requestId) return undefined;
    const early: EarlyRun = { events: [], isCut: false };
    this.#runs.set(event.runId, early);
    return early;
  }
}
