/** A tool that may run when its start is recorded. */
export interface ToolStart<Tool> {
  readonly is: "start";
  readonly tool: Tool;
  readonly onRecorded: () => void;
}

/**
 * Something that happens in a run: a part of its stream, a tool that is about to start, or a while
 * without either.
 */
export type Happening<Part, Tool> =
  | { readonly is: "part"; readonly part: Part }
  | { readonly is: "quiet" }
  | ToolStart<Tool>;

/** The events of a run as they happen, in order, up to its end or to an abort. */
export class Happenings<Part, Tool> {
  readonly #signal: AbortSignal;
  readonly #quietMs: number | undefined;
  readonly #queue: Happening<Part, Tool>[] = [];
  /** Lets the tools run whose start was not recorded. */
  readonly #pending = new Set<() => void>();
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  /** With `quietMs`, each part is followed by `quiet` if nothing happens for that time. */
  constructor(signal: AbortSignal, quietMs?: number) {
    this.#signal = signal;
    this.#quietMs = quietMs;
    signal.addEventListener("abort", this.#onAbort);
  }

  /** Resolves when the start of a tool was recorded, so that the tool may run. */
  started(tool: Tool): Promise<void> {
    return new Promise((resolve) => {
      const onRecorded = () => {
        this.#pending.delete(onRecorded);
        resolve();
      };
      this.#pending.add(onRecorded);
      if (this.#signal.aborted) onRecorded();
      else this.start({ is: "start", tool, onRecorded });
    });
  }

  /** Adds the start of a tool behind the parts that are on their way through the stream. */
  start(start: ToolStart<Tool>): void {
    setImmediate(() => this.#add(start));
  }

  /** Reads the parts of a stream in the background. */
  read(parts: AsyncIterable<Part>): void {
    this.#readAll(parts).then(
      () => this.#finish({}),
      (error: unknown) => this.#finish({ error }),
    );
  }

  /** Throws as the stream does, unless it was aborted. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Happening<Part, Tool>> {
    let isQuiet = true;
    try {
      while (!this.#signal.aborted) {
        const next = this.#queue.shift();
        if (next) {
          isQuiet = false;
          yield next;
        } else if (this.#end && "error" in this.#end) throw this.#end.error;
        else if (this.#end) return;
        else if (await this.#wait(isQuiet ? undefined : this.#quietMs)) {
          isQuiet = true;
          yield { is: "quiet" };
        }
      }
    } finally {
      this.#signal.removeEventListener("abort", this.#onAbort);
    }
  }

  readonly #onAbort = (): void => {
    for (const onRecorded of this.#pending) onRecorded();
    this.#wake();
  };

  /** Resolves when something happens. Resolves with true if nothing does for the given time. */
  #wait(quietMs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = quietMs === undefined ? undefined : setTimeout(() => resolve(true), quietMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }

  async #readAll(parts: AsyncIterable<Part>): Promise<void> {
    for await (const part of parts) {
      if (this.#signal.aborted) return;
      this.#add({ is: "part", part });
    }
  }

  #finish(end: { error?: unknown }): void {
    this.#end = end;
    this.#wake();
  }

  #add(happening: Happening<Part, Tool>): void {
    this.#queue.push(happening);
    this.#wake();
  }
}
