/** Steps through the messages that the user sent, newest first, as a shell does. */
export class MessageRecall {
  /** The number of steps back; 0 while the user writes a new message. */
  #steps = 0;
  #shown = "";

  /**
   * Returns the message before the one that is shown. Returns `undefined` if there is none, or if
   * the field holds a text that was written or changed by the user.
   */
  older(sent: readonly string[], written: string): string | undefined {
    if (written !== "" && !this.#isRecalled(written)) return undefined;
    if (written === "") this.#steps = 0;
    return this.#show(sent, this.#steps + 1);
  }

  /** Returns the message after the one that is shown; an empty text after the newest one. */
  newer(sent: readonly string[], written: string): string | undefined {
    if (!this.#isRecalled(written)) return undefined;
    if (this.#steps > 1) return this.#show(sent, this.#steps - 1);
    this.#steps = 0;
    return "";
  }

  #isRecalled(written: string): boolean {
    return this.#steps > 0 && written === this.#shown;
  }

  #show(sent: readonly string[], steps: number): string | undefined {
    const message = sent.at(-steps);
    if (message === undefined) return undefined;
    this.#steps = steps;
    this.#shown = message;
    return message;
  }
}
