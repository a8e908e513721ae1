/** The limits of a gateway. Every client gets them in `connected`. */
export interface Limits {
  /** The largest client frame. A larger one closes the connection with code 1009. */
  maxFrameBytes: number;
  /**
   * The longest `id` or `sessionId` of a client event, in UTF-16 units. A longer one is refused
   * with `INVALID_FRAME`.
   */
  maxIdChars: number;
  /** The most messages in a session's queue. One more is refused with `QUEUE_FULL`. */
  maxQueuedMessages: number;
  /**
   * The most messages in one `history` answer. A higher `limit` is refused with `INVALID_FRAME`.
   */
  maxHistoryMessages: number;
}

/** The limits of a gateway without options. */
export const defaultLimits: Readonly<Limits> = {
  // 1 MiB. A limit of 64 KiB broke real chats (openclaw#110433), and `ws` itself allows 100 MiB.
  maxFrameBytes: 1_048_576,
  // Enough for several ids in one. A UUID has 36.
  maxIdChars: 128,
  // The limit of OpenClaw for queued follow-ups.
  maxQueuedMessages: 20,
  // Enough for one screen, and small enough for one frame.
  maxHistoryMessages: 200,
};
