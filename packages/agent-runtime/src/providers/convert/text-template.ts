/** Servers whose events differ in more than their text are not tried for longer. */
const MAX_ATTEMPTS = 8;

/** A text as JSON writes it without escapes. */
const plain = /^[^"\\\p{Cc}]*$/u;

/**
 * The text around the one field in which the events of an answer differ. To take the field out of
 * the next event costs a fraction of reading the event as JSON.
 */
export class TextTemplate {
  #attempts = 0;
  #before = "";
  #behind = "";

  /** Returns the text of an event that differs from the learned one in its text alone. */
  textIn(data: string): string | undefined {
    const before = this.#before;
    const behind = this.#behind;
    if (before === "" || !data.startsWith(before) || !data.endsWith(behind)) return undefined;
    const text = data.slice(before.length, data.length - behind.length);
    return data.length >= before.length + behind.length && plain.test(text) ? text : undefined;
  }

  /** Learns from an event that shows this text in a field of this name, and does nothing else. */
  learn(data: string, field: string, text: string): void {
    if (this.#attempts === MAX_ATTEMPTS || !plain.test(text)) return;
    this.#attempts += 1;
    const [before, behind, ...others] = data.split(`"${field}":"${text}"`);
    if (before === undefined || behind === undefined || others.length > 0) return;
    this.#before = `${before}"${field}":"`;
    this.#behind = `"${behind}`;
  }
}
