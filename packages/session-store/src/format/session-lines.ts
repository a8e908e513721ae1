import type { Entry, MessageEntry, RecordedEvent, SessionHeader } from "@mini-openclaw/protocol";
import { toHeader } from "@mini-openclaw/protocol";
import type { Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";

/** Lines of one file. */
export interface Segment {
  readonly file: "transcript" | "journal";
  readonly lines: string;
}

/** Returns the line of an event, and the file that the line belongs to. */
export function toSegment({ json }: RecordedEvent, entry: Entry | undefined): Segment {
  return entry ? { file: "transcript", lines: formatLine(entry) } : { file: "journal", lines: `${json}\n` };
}

/**
 * Returns the lines of one group. Each line has the number of those after it, so that a torn group
 * is recognized.
 */
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

/**
 * Returns the header line of a summary. It is the first line of a transcript, or the line that
 * upgrades a file of the legacy format.
 */
export function headerLine({ meta }: Summary): SessionHeader {
  return { ...toHeader(meta), ...(meta.lastSeq > 0 && { lastSeq: meta.lastSeq }) };
}
