import { type Entry, type FileBlock, toMarkdown } from "@mini-openclaw/protocol";
import { safe, UsageError } from "./terminal.ts";

// 256 Mi: half of what one string of V8 can hold.
const MAX_CHARS = 268_435_456;

/** Collects the entries of an export, because their Markdown is one text. */
export class MarkdownText {
  readonly #entries: Entry[] = [];
  #chars = 0;

  /** @throws UsageError if the text would be too long */
  add(entry: Entry, maxChars = MAX_CHARS): void {
    this.#chars += "content" in entry ? entry.content.length : 0;
    if (this.#chars > maxChars) throw tooLong();
    this.#entries.push(entry);
  }

  /** Returns the text. @throws UsageError if it is too long */
  format(linkOf: ((file: FileBlock) => string | undefined) | undefined): string {
    try {
      return safe(toMarkdown(this.#entries, undefined, linkOf));
    } catch (error) {
      // Inputs of tools become longer in Markdown.
      throw error instanceof RangeError ? tooLong() : error;
    }
  }
}

function tooLong(): UsageError {
  return new UsageError("The session is too long for Markdown. Export it with --format jsonl.");
}
