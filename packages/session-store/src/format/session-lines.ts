import type { Entry, MessageEntry, RecordedEvent, SessionHeader } from "@mini-openclaw/protocol";
import { TRANSCRIPT_VERSION } from "@mini-openclaw/protocol";
import type { Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";

/** Lines that go to one file. */
export interface Segment {
  readonly file: "transcript" | "journal";
  readonly lines: string;
}

/** The event's line, and the file that it goes to. */
export function toSegment({ json }: RecordedEvent, entry: Entry | undefined): Segment {
  return entry ? { file: "transcript", lines: formatLine(entry) } : { file: "journal", lines: `${json}\n` };
}

/** The lines of one group. Each but the last says how many follow, so that a torn group is known for what it is. */
export function toGroup(entries: readonly MessageEntry[], idempotencyKey: string | undefined): Segment {
  const [only] = entries;
  if (only && entries.length === 1 && idempotencyKey === undefined) {
    return { file: "transcript", lines: formatLine(only) };
  }
  const lines = entries.map((entry, index) => {
    const groupRest = entries.length - 1 - index;
    return formatLine({
      ...entry,
      ...(groupRest > 0 && { groupRest }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
  });
  return { file: "transcript", lines: lines.join("") };
}

/** The header of a transcript: its first line, or the line by which a file of the tutorial's code is adopted. */
export function toHeader({ meta }: Summary): SessionHeader {
  const { sessionId, key, createdAt, owner, forkedFrom, epoch, lastSeq } = meta;
  return {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId,
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
    ...(epoch !== "0" && { epoch }),
    ...(lastSeq > 0 && { lastSeq }),
  };
}
