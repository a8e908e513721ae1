import type { MessageQueuedEvent, NumberedEvent, SessionLog } from "@mini-openclaw/protocol";
import { type Publish, recordAndShow } from "./record.ts";

/** A message that waits, as it was recorded. */
export type QueuedMessage = NumberedEvent & MessageQueuedEvent;

/** Records that a message waits for `runId`, and shows it. */
export async function recordQueued(
  publish: Publish,
  log: SessionLog,
  message: Omit<MessageQueuedEvent, "type">,
): Promise<QueuedMessage> {
  const [recorded] = await recordAndShow(publish, log, [{ type: "message_queued", ...message }]);
  return recorded?.event as QueuedMessage;
}
