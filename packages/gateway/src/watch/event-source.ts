import { type RecordedEvent, type SessionStore, toEvent } from "@mini-openclaw/protocol";
import type { LiveLog } from "../sessions/reopening-log.ts";
import { joinChunks } from "./join-chunks.ts";

/**
 * Reads the events after `after`, up to the newest one at its beginning, from where they are kept.
 */
export type EventSource = (
  sessionId: string,
  range: { after: number; signal: AbortSignal },
) => AsyncIterable<RecordedEvent>;

type ReadRange = Parameters<EventSource>[1];

/**
 * Reads events from the session's log while it has live events, and from its transcript when the
 * session is at rest. `readElsewhere` reads the events of a session that another node may have.
 * Joins pieces of one text.
 */
export function createEventSource(
  store: Pick<SessionStore, "entries">,
  liveLogOf: (sessionId: string) => LiveLog | undefined,
  readElsewhere?: (sessionId: string, range: ReadRange) => AsyncIterable<RecordedEvent> | undefined,
): EventSource {
  async function* readEvents(
    ...[sessionId, { after, signal }]: Parameters<EventSource>
  ): AsyncGenerator<RecordedEvent> {
    let last = after;
    const log = liveLogOf(sessionId)?.log;
    if (log) {
      const upTo = log.lastSeq;
      if (after >= upTo) return;
      for await (const recorded of log.read({ after, signal })) {
        yield recorded;
        last = recorded.event.seq;
        if (last >= upTo) return;
      }
    }
    const elsewhere = log ? undefined : readElsewhere?.(sessionId, { after, signal });
    if (elsewhere) return yield* elsewhere;
    // Without a log, or with one that was closed meanwhile, only the transcript has events.
    for await (const entry of store.entries(sessionId, { after: last })) {
      if (signal.aborted) return;
      const event = toEvent(sessionId, entry);
      if (event) yield { event, json: JSON.stringify(event) };
    }
  }

  return (sessionId, range) => joinChunks(readEvents(sessionId, range));
}
