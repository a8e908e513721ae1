import type { SessionDeletedEvent, SessionSummaryEvent } from "@mini-openclaw/protocol";
import type { MethodContext } from "../methods/method.ts";
import { RequestError } from "../wire/request-error.ts";

/**
 * Follows a session that changed: a new one of a key that the client follows, or any that runs for
 * a client that asked for the activity of all sessions. Never rejects.
 */
export async function noteSummary(
  { key, sessionId, archived, running, updatedAt }: SessionSummaryEvent,
  { connection, feeds, frames, view }: MethodContext,
): Promise<void> {
  const sessionKey = connection.keyOf(key);
  if (sessionKey === undefined || archived) return;
  try {
    const known = await feeds.find(sessionKey);
    if (known && known.sessionId !== sessionId) await feeds.followNew(sessionKey, sessionId);
    if (known || !view.isSubscribed) return;
    if (running) await feeds.follow(sessionKey);
    else
      frames.emit("sessions.changed", { sessionKey, sessionId, reason: "update", updatedAt, ts: Date.now() });
  } catch (error) {
    ignoreRefusal(error);
  }
}

/** Ends the feed of a deleted session. Never rejects. */
export async function noteDeleted(
  { sessionId }: SessionDeletedEvent,
  { feeds, frames }: MethodContext,
): Promise<void> {
  try {
    const sessionKey = await feeds.keyOf(sessionId);
    if (sessionKey === undefined) return;
    feeds.end(sessionKey);
    frames.emit("sessions.changed", { sessionKey, sessionId, reason: "delete", ts: Date.now() });
  } catch (error) {
    ignoreRefusal(error);
  }
}

/** A session that cannot be followed has no events for this client. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof RequestError)) throw error;
}
