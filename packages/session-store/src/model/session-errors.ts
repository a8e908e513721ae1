import { StoreError } from "./errors.ts";

/** Both stores throw these errors with the same texts. */

export function notFound(sessionId: string): StoreError {
  return new StoreError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`);
}

export function archived(sessionId: string): StoreError {
  return new StoreError("SESSION_ARCHIVED", `Session ${sessionId} is archived. Unarchive it to write to it.`);
}

export function busy(sessionId: string): StoreError {
  const text = `Something runs or waits in session ${sessionId}. Retry when it has ended.`;
  return new StoreError("SESSION_BUSY", text);
}

export function logIsOpen(sessionId: string): StoreError {
  const text = `Session ${sessionId} has an open log already. Close it first.`;
  return new StoreError("SESSION_LOCKED", text);
}

export function logClosed(sessionId: string): StoreError {
  return new StoreError("LOG_CLOSED", `The log of session ${sessionId} is closed. Open it again.`);
}

export function storeClosed(): StoreError {
  return new StoreError("STORE_CLOSED", "The store is closed. Open it again.");
}
