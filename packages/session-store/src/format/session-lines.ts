import type { Entry, MessageEntry, RecordedEvent, SessionHeader } from "@mini-openclaw/protocol";
import { toHeader } from "@mini-openclaw/protocol";
import { toJson } from "../model/json.ts";
import type { Summary } from "./summary.ts";
import { formatLine, lineText } from "./transcript-line.ts";

/** Lines of one file. */
export interface Segment {
  readonly file: "transcript" | "journal";
  readonly lines: string;
}

/** Returns the line of an event, and the file that the line belongs to. */
export function toSegment({ json }: RecordedEvent, entry: Entry | undefined): Segment {
  return entry ? { file: "transcript", lines: formatLine(entry) } : { file: "journal", lines: `${json}\n` };
}

/** Returns the lines of one group, see {@link groupLines}. */
export function toGroup(entries: readonly MessageEntry[], idempotencyKey: string | undefined): Segment {
  return { file: "transcript", lines: `${groupLines(entries, idempotencyKey).join("\n")}\n` };
}

/**
 * Returns each line of one group, without its line feed. A line has the number of those after it,
 * so that a torn group is recognized.
 */
export function groupLines(entries: readonly MessageEntry[], idempotencyKey: string | undefined): string[] {
  const key = idempotencyKey === undefined ? "" : `,"idempotencyKey":${toJson(idempotencyKey)}`;
  return entries.map((entry, index) => {
    const rest = entries.length - 1 - index;
    const marks = (rest > 0 ? `,"groupRest":${rest}` : "") + key;
    const line = lineText(entry);
    // The marks are the last fields of the line.
    return marks === "" ? line : `${line.slice(0, -1)}${marks}}`;
  });
}

/**
 * Returns the header line of a summary. It is the first line of a transcript, or the line that
 * upgrades a file of the legacy format.
 */
export function headerLine({ meta }: Summary): SessionHeader {
  return { ...toHeader(meta), ...(meta.lastSeq > 0 && { lastSeq: meta.lastSeq }) };
}
