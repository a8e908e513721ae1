import type { UiChunk } from "../shared/ui-chunk.ts";
import type { FileUrl } from "../shared/user-parts.ts";
import { RunChunks, type RunSource } from "./run-chunks.ts";

// Each piece of a running tool's output has all of it so far, so that pieces are few.
const OUTPUT_MS = 250;

export interface FeedOptions {
  emit: (chunk: UiChunk) => void;
  /** Called once, after the last chunk. */
  onEnd: () => void;
  /**
   * The message that the client has, up to the event of this number. Chunks of later events
   * continue it.
   *
   * @default the client gets a whole message
   */
  continues?: { readonly runId: string; readonly after: number } | undefined;
  /**
   * Ends the message where its run waits for a user, after an event of this number or a later one.
   * `Infinity` ends the message with its run only.
   *
   * @default 0
   */
  pausesFrom?: number | undefined;
  /** The calls that this client has just decided on. */
  answered?: ReadonlySet<string>;
  /** Returns the address of a file without its bytes. @default such files are left out */
  fileUrl?: FileUrl;
}

/** One run on its way to one client: decides when chunks are sent, and where the message ends. */
export class RunFeed {
  readonly #options: FeedOptions;
  readonly #chunks: RunChunks;
  /** The client's decisions that have had no effect yet. A call may ask again after that. */
  readonly #answered: Set<string>;
  /** `silent`: the client has the chunks. `continued`: the next chunk continues its message. */
  #state: "silent" | "continued" | "open" | "over";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#answered = new Set(options.answered);
    this.#state = options.continues ? "silent" : "open";
    this.#chunks = new RunChunks((chunk) => this.#emit(chunk), options.fileUrl);
  }

  /** Emits the chunks of an event. Events of other runs must not come here. */
  add(event: RunSource): void {
    if (this.#state === "over") return;
    const seq = "seq" in event ? event.seq : 0;
    const { continues, pausesFrom = 0 } = this.#options;
    if (this.#state === "silent" && continues && seq > continues.after) this.#state = "continued";
    this.#chunks.add(event);
    if (event.type === "run_end") return this.#end();
    if (this.#state === "silent") return;
    if (event.type === "approval_done") this.#answered.delete(event.callId);
    if (event.type === "tool_output") return this.#emitOutput();
    if (seq < pausesFrom || !this.#chunks.isWaiting(this.#answered)) return;
    this.#chunks.pause();
    this.#end();
  }

  /** Emits nothing more. */
  close(): void {
    this.#state = "over";
    clearTimeout(this.#timer);
  }

  #end(): void {
    this.close();
    this.#options.onEnd();
  }

  /** Emits the output of running tools at once, and then in intervals. */
  #emitOutput(): void {
    if (this.#timer || !this.#chunks.emitOutput()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#emitOutput();
    }, OUTPUT_MS);
  }

  #emit(chunk: UiChunk): void {
    if (this.#state === "silent") return;
    const { continues, emit } = this.#options;
    if (this.#state === "continued" && continues) {
      this.#state = "open";
      // The client keeps the parts of a message with this id.
      if (chunk.type !== "start") emit({ type: "start", messageId: continues.runId });
    }
    emit(chunk);
  }
}
