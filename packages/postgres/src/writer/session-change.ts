import { type Entry, isMessageEntry } from "@mini-openclaw/protocol";
import type { Summary } from "@mini-openclaw/session-store/kit";
import type { NumberedLine, SearchTexts, SessionState } from "./group.ts";

/** The state of a session with all that was recorded, written or not. */
export interface Recorded {
  readonly summary: Summary;
  readonly lastSeq: number;
  readonly runAfter: number | undefined;
}

/** Returns the row of a session in a state. */
export function toState({ summary, runAfter }: Recorded): SessionState {
  const { meta } = summary;
  return {
    summary: JSON.stringify(summary),
    lastSeq: meta.lastSeq,
    updated: meta.updatedAt,
    archived: meta.archived ?? false,
    runAfter,
  };
}

/** Returns the texts of entries for the search index, with the summaries before and after them. */
export function toTexts(before: Summary, { meta }: Summary, entries: readonly Entry[]): SearchTexts {
  const messages = entries.filter(isMessageEntry).map(({ seq, content }) => ({ seq, text: content }));
  const title = meta.title === before.meta.title ? undefined : meta.title;
  return { after: before.meta.lastSeq, messages, title };
}

export function countChars(lines: readonly NumberedLine[]): number {
  let chars = 0;
  for (const { line } of lines) chars += line.length;
  return chars;
}
