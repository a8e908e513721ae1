import type { Dialect } from "@mini-openclaw/gateway";
import { KEY_PREFIX, MAX_REQUEST_BYTES } from "../chats/limits.ts";
import { check, checkFunction } from "../shared/errors.ts";
import { blobUrl, type SessionFileUrl } from "../shared/user-parts.ts";
import { SocketTranslator } from "./socket-translator.ts";

/** Settings of {@link aiSdkDialect}. */
export interface AiSdkDialectOptions {
  /** The WebSocket subprotocol that clients name. @default "ai-sdk-7" */
  subprotocol?: string;
  /** The largest frame of a client. A client sends its whole history. @default 33554432 */
  maxFrameBytes?: number;
  /**
   * The effect of a client's `stop()`. `detach` ends only the stream, and the run continues. A
   * client also stops when the component of `useChat` is removed from the page.
   *
   * @default "stop"
   */
  abort?: "stop" | "detach";
  /**
   * The time after the end of a run in milliseconds in which a client that resumes gets that run. A
   * client that was cut off gets the rest of its answer then. Pages that have all messages get the
   * last one again.
   *
   * @default 0
   */
  replayMs?: number;
  /**
   * Returns the address of a file that a session has.
   * @default that of the gateway's own HTTP form at `/`
   */
  fileUrl?: SessionFileUrl;
}

/**
 * Creates the dialect of `WebSocketChatTransport` of the AI SDK 7, for the option `dialects` of a
 * gateway.
 *
 * @throws AiSdkError `INVALID_OPTION`
 */
export function aiSdkDialect(options: AiSdkDialectOptions = {}): Dialect {
  check.known("aiSdkDialect", options, {
    subprotocol: true,
    maxFrameBytes: true,
    abort: true,
    replayMs: true,
    fileUrl: true,
  });
  const {
    subprotocol = "ai-sdk-7",
    maxFrameBytes = MAX_REQUEST_BYTES,
    abort = "stop",
    replayMs = 0,
    fileUrl = blobUrl,
  } = options;
  check.text("subprotocol", subprotocol);
  checkFunction("fileUrl", fileUrl);
  check.oneOf("abort", abort, ["stop", "detach"]);
  check.number("replayMs", replayMs);
  return {
    subprotocol,
    maxFrameBytes,
    keyPrefix: KEY_PREFIX,
    connect: (connection) => new SocketTranslator(connection, { stops: abort === "stop", replayMs, fileUrl }),
  };
}
