import type { NumberedEvent } from "@mini-openclaw/protocol";
import type { Stream } from "./streams.ts";

// Events that the transcript keeps, and that clients get as they are stored.
const keptTypes: ReadonlySet<string> = new Set(["user_message", "run_end"]);

/** A step of a client or a node, for the report of a long gap. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** Everything that a user was promised: accepted messages and events. */
export class Ledger {
  /** The run of each accepted message, by the id of the message. */
  readonly runs = new Map<string, string>();
  /** The text of each kept event, by its number. */
  readonly events = new Map<number, string>();
  /** Broken promises that one client saw by itself. */
  readonly faults: string[] = [];
  /** The steps of the user's devices. */
  readonly marks: Mark[] = [];
  readonly #ended = new Set<string>();

  accepted(id: string, runId: string): void {
    const before = this.runs.get(id);
    if (before !== undefined && before !== runId) this.faults.push(`${id} was accepted twice`);
    this.runs.set(id, runId);
  }

  /** Follows a frame that came to one of the user's devices, and the device's stream. */
  received(frame: string, stream?: Stream): void {
    const event = JSON.parse(frame) as NumberedEvent;
    if (typeof event.seq !== "number" || !("sessionId" in event)) return;
    stream?.received(event);
    if (event.type === "run_end") this.#ended.add(event.runId);
    if (!keptTypes.has(event.type)) return;
    // The fields of a stored event and of a fresh one have another order.
    const text = JSON.stringify(event, Object.keys(event).sort());
    const before = this.events.get(event.seq) ?? text;
    if (before !== text) this.faults.push(`event ${event.seq} changed from ${before} to ${text}`);
    this.events.set(event.seq, text);
  }

  /** The number of runs that have ended. */
  get endCount(): number {
    return this.#ended.size;
  }

  hasEnded(runId: string): boolean {
    return this.#ended.has(runId);
  }

  mark(text: string): void {
    this.marks.push({ at: Date.now(), text });
  }
}
