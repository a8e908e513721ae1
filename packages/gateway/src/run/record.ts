import type { MessageQueuedEvent, RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";
import { isThenable } from "../shared/callbacks.ts";
import { checkRecorded } from "./check-store.ts";
import { hasLargeFiles, saveFiles } from "./message-files.ts";
import type { QueuedMessage } from "./run-types.ts";

/** Emits recorded events to the watchers of their session. */
export type Publish = (recorded: readonly RecordedEvent[]) => void;

/**
 * Records events, then emits them. If the log records them at once, they are emitted at once. So
 * watchers get events in the order of their numbers, even if several callers record.
 */
export function recordAndPublish(
  publish: Publish,
  log: SessionLog,
  events: readonly SessionEvent[],
): readonly RecordedEvent[] | Promise<readonly RecordedEvent[]> {
  const saveBlob = hasLargeFiles(events) ? log.saveBlob?.bind(log) : undefined;
  if (saveBlob) {
    // The blobs are saved before the lines that name them.
    return saveFiles(saveBlob, events).then((saved) => recordNow(publish, log, saved));
  }
  return recordNow(publish, log, events);
}

function recordNow(
  publish: Publish,
  log: SessionLog,
  events: readonly SessionEvent[],
): readonly RecordedEvent[] | Promise<readonly RecordedEvent[]> {
  const recorded = log.record(events);
  if (Array.isArray(recorded) || !isThenable(recorded)) return publishRecorded(publish, recorded, events);
  return Promise.resolve(recorded).then((returned) => publishRecorded(publish, returned, events));
}

function publishRecorded(
  publish: Publish,
  returned: readonly RecordedEvent[],
  events: readonly SessionEvent[],
): readonly RecordedEvent[] {
  const saved = checkRecorded(returned, events);
  publish(saved);
  return saved;
}

/** Records that a message waits for its run. Calls `onSaved` before the event is emitted. */
export async function recordQueued(
  { publish, onSaved }: { publish: Publish; onSaved: (message: QueuedMessage) => void },
  log: SessionLog,
  message: Omit<MessageQueuedEvent, "type">,
): Promise<void> {
  const saveAndPublish: Publish = (recorded) => {
    for (const { event } of recorded) onSaved(event as QueuedMessage);
    publish(recorded);
  };
  await recordAndPublish(saveAndPublish, log, [{ type: "message_queued", ...message }]);
}

/**
 * Emits the events that opening a log has added after `after`: ends of runs that their writer could
 * not end.
 */
export async function publishSince(publish: Publish, log: SessionLog, after: number): Promise<void> {
  if (log.lastSeq === after) return;
  for await (const recorded of log.read({ after })) {
    publish([recorded]);
    if (recorded.event.seq >= log.lastSeq) break;
  }
}
