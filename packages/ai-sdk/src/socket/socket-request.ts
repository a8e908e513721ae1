import type { DialectConnection } from "@mini-openclaw/gateway";
import type { RunRef, StreamClient } from "../chats/stream-run.ts";
import type { UiChunk } from "../shared/ui-chunk.ts";
import type { SessionFileUrl } from "../shared/user-parts.ts";

export interface RequestOptions {
  requestId: string;
  chatId: string;
  kind: "send" | "resume";
  fileUrl: SessionFileUrl;
  /** Called when the client gets nothing more. */
  onOver: () => void;
  /** Called when the client stops the run of the request. */
  onStopped: (run: RunRef) => void;
  /** Returns the run of the chat that the client has stopped last, once. */
  takeStopped: () => RunRef | undefined;
}

/** One request of a socket's client, and the stream that answers it. */
export class SocketRequest implements StreamClient {
  readonly chatId: string;
  readonly kind: RequestOptions["kind"];
  readonly fileUrl: SessionFileUrl;
  readonly #connection: DialectConnection;
  readonly #options: RequestOptions;
  readonly #over = new AbortController();
  #sequence = 0;
  #run: RunRef | undefined;
  #stopsRun = false;

  constructor(connection: DialectConnection, options: RequestOptions) {
    this.#connection = connection;
    this.#options = options;
    this.chatId = options.chatId;
    this.kind = options.kind;
    this.fileUrl = options.fileUrl;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  begin(run: RunRef): boolean {
    this.#run = run;
    if (this.#stopsRun) this.stopRun();
    if (this.#over.signal.aborted) return false;
    if (this.kind === "resume") this.#send({ type: "start" });
    return true;
  }

  emit(chunk: UiChunk): void {
    if (this.#over.signal.aborted) return;
    // A client answers an error chunk with an abort.
    if (chunk.type === "error") return this.fail(chunk.errorText);
    this.#send({ type: "chunk", sequence: this.#sequence, chunk });
    this.#sequence += 1;
  }

  end(): void {
    this.#finish({ type: "end" });
  }

  /** Answers a resume where no run is active. */
  endWithoutRun(): void {
    this.#finish({ type: "no-active" });
  }

  fail(errorText: string): void {
    this.#finish({ type: "error", errorText });
  }

  /** Sends nothing more, because the client wants nothing more. */
  detach(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#options.onOver();
  }

  /** Aborts the run of the request, as soon as it is known. */
  stopRun(): void {
    this.#stopsRun = true;
    if (!this.#run) return;
    this.#options.onStopped(this.#run);
    void this.#connection.perform({ type: "abort", ...this.#run });
  }

  takeStopped(): RunRef | undefined {
    return this.#options.takeStopped();
  }

  #finish(frame: { type: string; errorText?: string }): void {
    if (this.#over.signal.aborted) return;
    this.#send(frame);
    this.detach();
  }

  #send(frame: { type: string; [field: string]: unknown }): void {
    const { requestId } = this.#options;
    this.#connection.send(JSON.stringify({ requestId, ...frame }));
  }
}
