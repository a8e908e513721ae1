import type { DialectConnection, Translator } from "@mini-openclaw/gateway";
import type { ServerEvent } from "@mini-openclaw/protocol";
import { cutText, describeValue, isRecord } from "@mini-openclaw/protocol/shared";
import { isChatId, readChatRequest } from "../chats/chat-request.ts";
import { Refusal } from "../chats/refusal.ts";
import { resumeRun } from "../chats/resume-run.ts";
import { startRun } from "../chats/start-run.ts";
import type { RunRef } from "../chats/stream-run.ts";
import type { SessionFileUrl } from "../shared/user-parts.ts";
import { SocketRequest } from "./socket-request.ts";

// A client that resumes again aborts its first resume right before.
const LEAVING_MS = 500;

// RFC 6455 § 7.4.1: a message that violates the policy of its endpoint.
const POLICY_VIOLATION = 1008;

interface TranslatorOptions {
  /** True if a client that aborts a request stops its run. */
  stops: boolean;
  replayMs: number;
  fileUrl: SessionFileUrl;
}

/** The requests of one socket's client. */
export class SocketTranslator implements Translator {
  readonly #connection: DialectConnection;
  readonly #options: TranslatorOptions;
  readonly #requests = new Map<string, SocketRequest>();
  /** Resumes that were aborted, by chat. Their runs are stopped unless the chat resumes again. */
  readonly #leaving = new Map<string, { timer: NodeJS.Timeout; stop: () => void }>();
  /** The runs that the client has stopped last, by chat. */
  readonly #stopped = new Map<string, RunRef>();

  constructor(connection: DialectConnection, options: TranslatorOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.closed.addEventListener("abort", () => {
      for (const chatId of this.#leaving.keys()) this.#stay(chatId);
    });
  }

  /** Requests are answered side by side. */
  read(text: string): void {
    const frame = parse(text);
    if (!isRecord(frame)) return this.#refuse("A frame must be a JSON object.");
    const { type, requestId, id } = frame;
    if (typeof requestId !== "string" || requestId === "")
      return this.#refuse(`\`requestId\` must be a text, got ${describeValue(requestId)}.`);
    if (type === "abort") return this.#abort(requestId);
    if (type !== "send" && type !== "resume")
      return this.#refuse(`\`type\` must be send, resume or abort, got ${describeValue(type)}.`);
    if (!isChatId(id)) return this.#refuse(`\`id\` must be the id of a chat, got ${describeValue(id)}.`);
    if (this.#requests.has(requestId))
      return this.#refuse("`requestId` must be new, got that of an open request.");
    // A client that resumes again keeps its run. One that sends has pressed stop before.
    if (type === "send") this.#leaving.get(id)?.stop();
    else this.#stay(id);
    const request = this.#createRequest(requestId, id, type);
    this.#requests.set(requestId, request);
    void this.#answer(request, requestId, frame);
  }

  #createRequest(requestId: string, chatId: string, kind: "send" | "resume"): SocketRequest {
    return new SocketRequest(this.#connection, {
      requestId,
      chatId,
      kind,
      fileUrl: this.#options.fileUrl,
      onOver: () => void this.#requests.delete(requestId),
      onStopped: (run) => void this.#stopped.set(chatId, run),
      takeStopped: () => {
        const run = this.#stopped.get(chatId);
        this.#stopped.delete(chatId);
        return run;
      },
    });
  }

  /** No event comes without a request, except the answer to a frame that is no text. */
  write(event: ServerEvent): string[] {
    if (event.type === "error") this.#refuse(event.message);
    return [];
  }

  /** Never rejects. */
  async #answer(request: SocketRequest, requestId: string, frame: Record<string, unknown>): Promise<void> {
    try {
      if (request.kind === "send") {
        const asked = readChatRequest(frame, requestId);
        if (typeof asked === "string") throw new Refusal({ code: "INVALID_FRAME", message: asked });
        return await startRun(this.#connection, asked, request);
      }
      const { replayMs } = this.#options;
      const isActive = await resumeRun(this.#connection, request.chatId, request, { replayMs });
      if (!isActive) request.endWithoutRun();
    } catch (error) {
      if (error instanceof Refusal) return request.fail(`${error.code}: ${error.message}`);
      this.#connection.close(1011, "the dialect failed");
    }
  }

  #abort(requestId: string): void {
    const request = this.#requests.get(requestId);
    if (!request) return;
    request.detach();
    if (!this.#options.stops) return;
    if (request.kind === "send") return request.stopRun();
    const { chatId } = request;
    this.#stay(chatId);
    const stop = () => {
      this.#stay(chatId);
      request.stopRun();
    };
    this.#leaving.set(chatId, { timer: setTimeout(stop, LEAVING_MS), stop });
  }

  /** Lets the run of a chat continue, because its client does. */
  #stay(chatId: string): void {
    clearTimeout(this.#leaving.get(chatId)?.timer);
    this.#leaving.delete(chatId);
  }

  #refuse(reason: string): void {
    // A close frame has at most 123 bytes of reason.
    this.#connection.close(POLICY_VIOLATION, cutText(reason.replace(/[^ -~]/g, "?"), 120));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
