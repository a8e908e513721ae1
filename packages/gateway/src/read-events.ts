import { type SessionStore, toEvent } from "@mini-openclaw/protocol";
import type { Lanes } from "./lanes.ts";
import type { EventSource } from "./session-watch.ts";

/** Reads events from the session's log while it has a run, and from its transcript when it is at rest. */
export function createEventSource(store: Pick<SessionStore, "entries">, lanes: Lanes): EventSource {
  return async function* readEvents(sessionId, { after, upTo, signal }) {
    let last = after;
    const log = lanes.log(sessionId);
    if (log) {
      for await (const recorded of log.read({ after, signal })) {
        if (recorded.event.seq > upTo) return;
        yield recorded;
        last = recorded.event.seq;
        if (last === upTo) return;
      }
    }
    // The log was closed, or closed under the reader: what the transcript kept is all there is.
    for await (const entry of store.entries(sessionId, { after: last })) {
      if (signal.aborted || entry.seq > upTo) return;
      const event = toEvent(sessionId, entry);
      if (event) yield { event, json: JSON.stringify(event) };
    }
  };
}
