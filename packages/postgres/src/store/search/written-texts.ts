import type { Change, NumberedText } from "../../writer/group.ts";

/** The texts of a session that the index lacks, without a gap. */
export interface SessionTexts {
  /** The number of the entry before the first text. */
  readonly after: number;
  /** The number of the newest entry. */
  readonly through: number;
  readonly messages: readonly NumberedText[];
  readonly title: string | undefined;
  readonly chars: number;
}

// A row of the index costs about as much as so many characters.
const LINE_CHARS = 100;
// Enough for one statement.
const STATEMENT_CHARS = 250_000;
const MAX_CHARS = 4_000_000;

/** The texts that are written and wait for the index, up to a limit. */
export class WrittenTexts {
  readonly #sessions = new Map<number, SessionTexts>();
  #chars = 0;

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  /** True if there are enough texts for a statement. */
  get isDue(): boolean {
    return this.#chars >= STATEMENT_CHARS;
  }

  /** Adds the texts of a change. Returns false if the index must read the session instead. */
  add({ sid, entries, texts }: Change): boolean {
    const through = entries.at(-1)?.seq;
    const before = this.#sessions.get(sid);
    const hasGap = before !== undefined && before.through !== texts?.after;
    if (!texts || through === undefined || hasGap || this.#chars > MAX_CHARS) {
      this.#remove(sid);
      return false;
    }
    const chars = texts.messages.reduce((sum, { text }) => sum + LINE_CHARS + text.length, LINE_CHARS);
    this.#chars += chars;
    this.#sessions.set(sid, {
      after: before?.after ?? texts.after,
      through,
      messages: before ? [...before.messages, ...texts.messages] : texts.messages,
      title: texts.title ?? before?.title,
      chars: chars + (before?.chars ?? 0),
    });
    return true;
  }

  /** Removes and returns the texts for a statement. Their order avoids deadlocks. */
  take(): (readonly [sid: number, SessionTexts])[] {
    const taken: (readonly [number, SessionTexts])[] = [];
    let chars = 0;
    for (const session of this.#sessions) {
      if (chars >= STATEMENT_CHARS) break;
      taken.push(session);
      chars += session[1].chars;
      this.#remove(session[0]);
    }
    return taken.sort(([left], [right]) => left - right);
  }

  #remove(sid: number): void {
    this.#chars -= this.#sessions.get(sid)?.chars ?? 0;
    this.#sessions.delete(sid);
  }
}
