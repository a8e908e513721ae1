/** A part of a growing text, on its way to a client. */
export interface TextPart {
  /** The whole text so far. */
  readonly text: string;
  /** The end of the text that the client does not have yet. */
  readonly delta: string;
  /** The number of the newest event with a piece of it. */
  readonly seq: number;
}

/**
 * A growing text. Sends the first piece at once, and joins pieces that follow within a time,
 * because each frame repeats the whole text.
 */
export class JoinedText {
  readonly #joinMs: number;
  readonly #send: (part: TextPart) => void;
  #text = "";
  #sentLength = 0;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(joinMs: number, send: (part: TextPart) => void) {
    this.#joinMs = joinMs;
    this.#send = send;
  }

  get text(): string {
    return this.#text;
  }

  add(content: string, seq: number): void {
    this.#text += content;
    this.#seq = seq;
    if (!this.#timer) this.#sendRest();
  }

  /** Sends the rest at once. */
  flush(): void {
    this.close();
    this.#sendRest();
    this.close();
  }

  /** Sends no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sendRest(): void {
    if (this.#sentLength === this.#text.length) return;
    const delta = this.#text.slice(this.#sentLength);
    this.#sentLength = this.#text.length;
    if (this.#joinMs > 0) this.#wait();
    this.#send({ text: this.#text, delta, seq: this.#seq });
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sendRest();
    }, this.#joinMs);
  }
}
