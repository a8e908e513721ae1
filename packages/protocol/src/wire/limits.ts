/** Limits of a gateway, told to every client in `connected`. */
export interface Limits {
  /** Largest client frame. A larger one closes the connection with code 1009. */
  maxFrameBytes: number;
  /**
   * Longest `id` or `sessionId` of a client event, in UTF-16 units. A longer one is refused with
   * `INVALID_FRAME`.
   */
  maxIdChars: number;
  /** Messages that may wait in a session's lane. One more is refused with `QUEUE_FULL`. */
  maxQueuedMessages: number;
  /** Most messages in one `history` answer. A higher `limit` is refused with `INVALID_FRAME`. */
  maxHistoryMessages: number;
}

export const defaultLimits: Readonly<Limits> = {
  // 1 MiB. Chosen: a 64 KiB limit broke real chats elsewhere (openclaw#110433); `ws` itself allows
  // 100 MiB.
  maxFrameBytes: 1_048_576,
  // Chosen: a UUID is 36.
  maxIdChars: 128,
  // Chosen: OpenClaw's cap for queued follow-ups.
  maxQueuedMessages: 20,
  // Chosen: what a page can show at once.
  maxHistoryMessages: 200,
};
