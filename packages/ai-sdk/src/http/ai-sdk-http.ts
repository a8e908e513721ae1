import { randomUUID } from "node:crypto";
import type { FormConnection, FormRequest, HttpForm } from "@mini-openclaw/gateway";
import { isChatId, readChatRequest } from "../chats/chat-request.ts";
import { KEY_PREFIX, MAX_REQUEST_BYTES } from "../chats/limits.ts";
import { loadChat } from "../chats/load-chat.ts";
import { Refusal, refusalOf } from "../chats/refusal.ts";
import { findActive, resumeRun } from "../chats/resume-run.ts";
import { startRun } from "../chats/start-run.ts";
import { untilOver } from "../chats/until-over.ts";
import { toUiMessages } from "../messages/to-ui-messages.ts";
import { check, checkFunction } from "../shared/errors.ts";
import { blobUrl, type SessionFileUrl } from "../shared/user-parts.ts";
import { type ChatPath, methodsOf, readPath } from "./chat-paths.ts";
import { HttpStream } from "./http-stream.ts";

/** Settings of {@link aiSdkHttp}. */
export interface AiSdkHttpOptions {
  /** The largest body of a request. A client sends its whole history. @default 33554432 */
  maxBodyBytes?: number;
  /**
   * Returns the address of a file that a session has.
   * @default that of the gateway's own HTTP form at `/`
   */
  fileUrl?: SessionFileUrl;
  /**
   * The time after the end of a run in milliseconds in which a client that resumes gets that run.
   * @default 0
   */
  replayMs?: number;
}

type Settings = Required<Pick<AiSdkHttpOptions, "fileUrl" | "replayMs">>;

const statuses: Readonly<Record<string, number>> = {
  INVALID_FRAME: 400,
  FORBIDDEN: 403,
  SESSION_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  REQUEST_CONFLICT: 409,
  SESSION_ARCHIVED: 409,
  SESSION_BUSY: 409,
  QUEUE_FULL: 429,
  SESSION_LOCKED: 503,
  STORE_FAILED: 503,
  DRAINING: 503,
};

/**
 * Creates the HTTP form of `DefaultChatTransport` of the AI SDK 7, for `handleRequest`,
 * `handleFetch` or `listen` of a gateway.
 *
 * @throws AiSdkError `INVALID_OPTION`
 */
export function aiSdkHttp(options: AiSdkHttpOptions = {}): HttpForm {
  check.known("aiSdkHttp", options, { maxBodyBytes: true, fileUrl: true, replayMs: true });
  const { maxBodyBytes = MAX_REQUEST_BYTES, fileUrl = blobUrl, replayMs = 0 } = options;
  check.number("replayMs", replayMs);
  checkFunction("fileUrl", fileUrl);
  return {
    keyPrefix: KEY_PREFIX,
    maxBodyBytes,
    methodsOf,
    answer: (request, connection) => answer(request, connection, { fileUrl, replayMs }),
  };
}

async function answer(request: FormRequest, connection: FormConnection, settings: Settings): Promise<void> {
  const stream = new HttpStream(connection, settings.fileUrl);
  try {
    const path = readPath(request.path);
    if (path) await answerPath(path, request, connection, { ...settings, stream });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = `${error.code}: ${error.message}`;
    if (!stream.hasBegun) return connection.reply(statuses[error.code] ?? 500, text);
    stream.emit({ type: "error", errorText: text });
    stream.end();
  }
}

/**
 * Stops the active run of a chat. Resolves when it is over, because a client may ask for another
 * answer then.
 *
 * @throws Refusal
 */
async function stopRun(connection: FormConnection, chatId: string): Promise<void> {
  // A client that may not see the run may stop it all the same.
  const run = await findActive(connection, chatId).catch(() => undefined);
  const stopped = await connection.perform({ type: "abort", ...(run ?? { key: chatId }) });
  if (stopped?.type !== "error") return run && untilOver(connection, run);
  // Nothing is left to stop.
  if (stopped.code !== "RUN_NOT_FOUND") throw new Refusal(refusalOf(stopped));
}

async function answerPath(
  path: ChatPath,
  { body, method }: FormRequest,
  connection: FormConnection,
  { stream, fileUrl, replayMs }: Settings & { stream: HttpStream },
): Promise<void> {
  if (path.is === "chats") {
    const asked = readChatRequest(body, randomUUID());
    if (typeof asked === "string") throw new Refusal({ code: "INVALID_FRAME", message: asked });
    return startRun(connection, asked, stream);
  }
  const { chatId } = path;
  if (!isChatId(chatId)) throw new Refusal({ code: "SESSION_NOT_FOUND", message: "There is no such chat." });
  switch (path.is) {
    case "stream":
      if (!(await resumeRun(connection, chatId, stream, { replayMs }))) connection.reply(204);
      return;
    case "stop": {
      await stopRun(connection, chatId);
      return connection.reply(202);
    }
    case "messages": {
      const { sessionId, entries } = await loadChat(connection, chatId);
      const messages = toUiMessages(entries, { fileUrl: (file) => fileUrl(file, sessionId) });
      const fields = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" };
      return connection.reply(200, method === "HEAD" ? undefined : JSON.stringify(messages), fields);
    }
  }
}
