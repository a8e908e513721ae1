import { type RecordedEvent, type SessionStore, toEvent } from "@mini-openclaw/protocol";
import type { Lanes } from "../sessions/sessions.ts";
import { joinChunks } from "./join-chunks.ts";
import type { EventSource } from "./session-watch.ts";

/**
 * Reads events from the session's log while it has a run, and from its transcript when it is at rest. Pieces of one text come
 * joined.
 */
export function createEventSource(store: Pick<SessionStore, "entries">, lanes: Lanes): EventSource {
  async function* readEvents(
    ...[sessionId, { after, signal }]: Parameters<EventSource>
  ): AsyncGenerator<RecordedEvent> {
    let last = after;
    const log = lanes.live(sessionId)?.log;
    if (log) {
      const upTo = log.lastSeq;
      if (after >= upTo) return;
      for await (const recorded of log.read({ after, signal })) {
        yield recorded;
        last = recorded.event.seq;
        if (last >= upTo) return;
      }
    }
    // There is no log, or it was closed under its reader: what the transcript kept is all there is.
    for await (const entry of store.entries(sessionId, { after: last })) {
      if (signal.aborted) return;
      const event = toEvent(sessionId, entry);
      if (event) yield { event, json: JSON.stringify(event) };
    }
  }

  return (sessionId, range) => joinChunks(readEvents(sessionId, range));
}
