import type { MessageQueuedEvent, NumberedEvent, SessionLog } from "@mini-openclaw/protocol";
import { type Publish, recordAndShow } from "./record.ts";

/** A message that waits, as it was recorded. */
export type QueuedMessage = NumberedEvent & MessageQueuedEvent;

/** Records that a message waits for `runId`, tells `onKept`, and shows it. */
export async function recordQueued(
  { publish, onKept }: { publish: Publish; onKept: (message: QueuedMessage) => void },
  log: SessionLog,
  message: Omit<MessageQueuedEvent, "type">,
): Promise<void> {
  const keepAndShow: Publish = (recorded) => {
    for (const { event } of recorded) onKept(event as QueuedMessage);
    publish(recorded);
  };
  await recordAndShow(keepAndShow, log, [{ type: "message_queued", ...message }]);
}

/** As it was before it was recorded. */
export function withoutPlace({
  type,
  runId,
  content,
  timestamp,
  requestId,
}: QueuedMessage): MessageQueuedEvent {
  return { type, runId, content, timestamp, ...(requestId !== undefined && { requestId }) };
}
