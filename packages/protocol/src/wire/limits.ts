import { fileTypes } from "../shared/check-file.ts";

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
  /** The most `blocks` of one `message`. More are refused with `INVALID_FRAME`. */
  maxBlocks: number;
  /** The largest file, in bytes before base64. A larger one is refused with `INVALID_FRAME`. */
  maxBlockBytes: number;
  /** The media types of files. Others are refused with `INVALID_FRAME`. */
  mediaTypes: string[];
}

/** The limits of a gateway without options. */
export const defaultLimits: Readonly<Limits> = {
  // 8 MiB: one file of the largest size in base64, with room for the rest of its message.
  maxFrameBytes: 8_388_608,
  // Enough for several ids in one. A UUID has 36.
  maxIdChars: 128,
  // The limit of OpenClaw for queued follow-ups.
  maxQueuedMessages: 20,
  // Enough for one screen, and small enough for one frame.
  maxHistoryMessages: 200,
  // As many as people attach at once.
  maxBlocks: 20,
  // 5 MiB: the largest image of the Messages API.
  maxBlockBytes: 5_242_880,
  // The images that all large models take, and documents.
  mediaTypes: [...fileTypes],
};
