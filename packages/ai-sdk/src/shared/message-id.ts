import type { UserEntry } from "@mini-openclaw/protocol";

/**
 * Returns the id of an edit. Ids of messages are used once, and a client keeps the id of the
 * message that it edits.
 */
export function editIdOf(messageId: string, requestId: string): string {
  return `${messageId}:${requestId}`;
}

/** Returns the id that clients have of a user's message. */
export function messageIdOf({ id, requestId, editOf }: UserEntry): string {
  if (requestId === undefined) return id;
  const end = editOf === undefined ? -1 : requestId.lastIndexOf(":");
  return end === -1 ? requestId : requestId.slice(0, end);
}
