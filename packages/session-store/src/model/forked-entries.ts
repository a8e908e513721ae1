import type { Entry } from "@mini-openclaw/protocol";
import { toEntry, toEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "./errors.ts";
import { createId } from "./names.ts";
import { OpenRuns } from "./open-runs.ts";

/**
 * Yields the entries that a fork begins with: those up to `at`, then the end of a run that is cut
 * there.
 *
 * @throws StoreError `INVALID_OPTION` if there is no entry `at`
 */
export async function* forkedEntries(
  entries: AsyncIterable<Entry>,
  { sessionId, at }: { sessionId: string; at: number },
): AsyncGenerator<Entry, void, undefined> {
  let lastSeq = 0;
  const runs = new OpenRuns();
  for await (const entry of entries) {
    if (entry.seq > at) break;
    lastSeq = entry.seq;
    if (isArchiveMark(entry)) continue;
    yield entry;
    const event = toEvent(sessionId, entry);
    if (event) runs.apply(event);
  }
  if (lastSeq === 0 || lastSeq !== at)
    throw new StoreError(
      "INVALID_OPTION",
      mustBe("at", `the number of an entry of session ${sessionId}`, at),
    );
  for (const event of runs.closing({ timestamp: Date.now(), createId })) {
    const entry = toEntry({ ...event, sessionId, seq: lastSeq + 1 });
    if (!entry) continue;
    lastSeq += 1;
    yield entry;
  }
}

/** A fork of an archived session is not archived. */
function isArchiveMark(entry: Entry): boolean {
  return "type" in entry && entry.type === "session_updated" && entry.archived !== undefined;
}
