import type { NumberedEvent } from "@mini-openclaw/protocol";

/** A time without an event. Times are in milliseconds since 1970. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** The event that ended it, if one has. */
  readonly endedBy?: string;
}

/**
 * The events of a session on one device, as a series of gaps. A gap begins with an event, or when
 * the user sends a message. No gap begins with the end of a run.
 */
export class Stream {
  /** The time of the last event. Absent while nobody waits for the next one. */
  #lastAt: number | undefined;
  #longest: Gap | undefined;

  /** Begins a gap, unless there is one. */
  expect(): void {
    this.#lastAt ??= Date.now();
  }

  received(event: NumberedEvent): void {
    const recorded = "timestamp" in event ? `, recorded at ${event.timestamp}` : "";
    this.#measure(`${event.type}${recorded}`);
    if (event.type === "run_end") this.#lastAt = undefined;
  }

  /** Returns the longest gap since the last call. */
  takeLongest(): Gap | undefined {
    this.#measure();
    const longest = this.#longest;
    this.#longest = undefined;
    return longest;
  }

  #measure(endedBy?: string): void {
    const to = Date.now();
    if (this.#lastAt !== undefined) {
      const gap = { from: this.#lastAt, to, ...(endedBy !== undefined && { endedBy }) };
      if (!this.#longest || lengthOf(gap) > lengthOf(this.#longest)) this.#longest = gap;
    }
    if (endedBy !== undefined) this.#lastAt = to;
  }
}

/** Returns the length of a gap in milliseconds. */
export function lengthOf({ from, to }: Gap): number {
  return to - from;
}
