import type { RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";

/** Shows recorded events to the watchers of their session. */
export type Publish = (recorded: readonly RecordedEvent[]) => void;

/**
 * Keeps events, then shows them. Where the log keeps them at once they are shown at once, whoever records: so that watchers
 * see events in the order of their numbers.
 */
export function recordAndShow(
  publish: Publish,
  log: SessionLog,
  events: readonly SessionEvent[],
): readonly RecordedEvent[] | Promise<readonly RecordedEvent[]> {
  const recorded = log.record(events);
  if (recorded instanceof Promise) return recorded.then((kept) => show(publish, kept));
  return show(publish, recorded);
}

function show(publish: Publish, recorded: readonly RecordedEvent[]): readonly RecordedEvent[] {
  publish(recorded);
  return recorded;
}

/** Shows what the opening of a log added to end a run that its last writer could not end. */
export async function showSince(publish: Publish, log: SessionLog, after: number): Promise<void> {
  if (log.lastSeq === after) return;
  for await (const recorded of log.read({ after })) {
    publish([recorded]);
    if (recorded.event.seq >= log.lastSeq) break;
  }
}
