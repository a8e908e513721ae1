/**
 * Something that happens in a run: a part of its stream, a tool that is about to start, or a while
 * without either.
 */
export type Happening<Part> =
  | { readonly is: "part"; readonly part: Part }
  | { readonly is: "quiet" }
  | { readonly is: "start"; readonly callId: string; readonly onRecorded: () => void };

/** The events of a run as they happen, in order, up to its end or to an abort. */
export class Happenings<Part> {
  readonly #signal: AbortSignal;
  readonly #quietMs: number | undefined;
  readonly #queue: Happening<Part>[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  /** With `quietMs`, each part is followed by `quiet` if nothing happens for that time. */
  constructor(signal: AbortSignal, quietMs?: number) {
    this.#signal = signal;
    this.#quietMs = quietMs;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Resolves when the start of a tool was recorded, so that the tool may run. */
  started(callId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#add({ is: "start", callId, onRecorded: resolve });
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Reads the parts of a stream in the background. */
  read(parts: AsyncIterable<Part>): void {
    this.#readAll(parts).then(
      () => this.#finish({}),
      (error: unknown) => this.#finish({ error }),
    );
  }

  /** Throws as the stream does, unless it was aborted. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Happening<Part>> {
    let isQuiet = true;
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
  }

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

  #add(happening: Happening<Part>): void {
    this.#queue.push(happening);
    this.#wake();
  }
}
