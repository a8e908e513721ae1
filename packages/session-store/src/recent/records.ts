import type { Entry, RecordedEvent, SessionEvent } from "@mini-openclaw/protocol";
import { toEntry } from "@mini-openclaw/protocol";
import { type Segment, toSegment } from "../format/session-lines.ts";
import { numberEvent } from "./recent-events.ts";

/** Events with their numbers, and their lines. The lists are of one length. */
interface Records {
  readonly numbered: RecordedEvent[];
  /** `undefined` for a live event. */
  readonly entries: (Entry | undefined)[];
  readonly segments: Segment[];
  /** True if one of the events belongs to a run. */
  readonly inRun: boolean;
}

/**
 * Assigns numbers from `firstSeq` on.
 *
 * @throws StoreError `INVALID_MESSAGE`
 */
export function toRecords(events: readonly SessionEvent[], sessionId: string, firstSeq: number): Records {
  const [only] = events;
  // A list that grows has room for 16 more items, and nearly every call has one event.
  const numbered =
    only && events.length === 1
      ? [numberEvent(only, sessionId, firstSeq)]
      : events.map((event, index) => numberEvent(event, sessionId, firstSeq + index));
  const [first] = numbered;
  if (first && numbered.length === 1 && (first.event.type === "chunk" || first.event.type === "thinking"))
    return { numbered, entries: noEntry, segments: [toSegment(first, undefined)], inRun: true };
  const entries = numbered.map(({ event }) => toEntry(event));
  const segments = numbered.map((one, index) => toSegment(one, entries[index]));
  return { numbered, entries, segments, inRun: numbered.some(({ event }) => "runId" in event) };
}

const noEntry = [undefined];
