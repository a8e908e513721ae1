/** Does one task when it is woken, once at a time, and once more if it was woken meanwhile. */
export class WakeLoop {
  readonly #task: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #state: "resting" | "running" | "woken" = "resting";

  constructor(task: () => Promise<void>, onFailure: (error: unknown) => void) {
    this.#task = task;
    this.#onFailure = onFailure;
  }

  /** Never throws. */
  wake(): void {
    const isRunning = this.#state !== "resting";
    this.#state = "woken";
    if (!isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#state === "woken") {
      this.#state = "running";
      await this.#task().catch(this.#onFailure);
    }
    this.#state = "resting";
  }
}
