import type { FrameWriter } from "../wire/frames.ts";

/**
 * Sends `tick` to all clients at an interval. A client that gets nothing for two intervals connects
 * again.
 */
export class Ticker {
  readonly #intervalMs: number;
  readonly #clients = new Set<FrameWriter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Adds a client until it is gone. */
  add(client: FrameWriter, gone: AbortSignal): void {
    if (gone.aborted) return;
    this.#clients.add(client);
    this.#timer ??= setInterval(() => this.#tick(), this.#intervalMs).unref();
    gone.addEventListener("abort", () => this.#remove(client), { once: true });
  }

  #tick(): void {
    const payload = { ts: Date.now() };
    for (const client of this.#clients) client.emit("tick", payload);
  }

  #remove(client: FrameWriter): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
