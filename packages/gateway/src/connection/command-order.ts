import { setTimeout as sleep } from "node:timers/promises";
import type { DialectCommand } from "./dialect.ts";

// Most searches are answered by then, in the order of their frames. Then later frames go on.
const SEARCH_PATIENCE_MS = 50;

const changingTypes: ReadonlySet<string> = new Set<DialectCommand["type"]>([
  "create",
  "fork",
  "rename",
  "archive",
  "unarchive",
  "delete",
  "undelete",
]);

/** Returns true for a command that reads many sessions, and so may be slow. */
function readsSessions({ type }: DialectCommand): boolean {
  return type === "search" || type === "list";
}

/**
 * The order in which the frames of one connection are worked on. Commands that read many sessions
 * do not hold up later ones.
 */
export class CommandOrder {
  #last: Promise<void>;
  /** The last command that reads many sessions, while it is not answered. */
  #search: Promise<void> | undefined;

  /** The first frame waits for `begun`. */
  constructor(begun: Promise<void> = Promise.resolve()) {
    this.#last = begun;
  }

  /** True while a command that reads many sessions is not answered. */
  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** Works on a frame after all earlier ones. `work` must not reject. */
  add(work: () => Promise<void>): void {
    this.#last = this.#last.then(work);
  }

  /**
   * Answers the command of a frame. Resolves when the next frame may be worked on. `answer` must
   * not reject.
   */
  async run(command: DialectCommand | undefined, answer: () => Promise<void>): Promise<void> {
    if (command && readsSessions(command)) return this.#answerSearch(answer);
    // Earlier lists and searches find the sessions as they were then.
    if (command && changingTypes.has(command.type)) await this.#search;
    await answer();
  }

  /** Answers after earlier searches. Resolves soon, so that frames do not wait for a slow one. */
  async #answerSearch(answer: () => Promise<void>): Promise<void> {
    const before = this.#search;
    const answered = (before ?? Promise.resolve()).then(answer);
    this.#search = answered;
    const done = answered.then(() => {
      if (this.#search === answered) this.#search = undefined;
    });
    // A search counts as waiting until it begins, so that the number of searches is limited.
    if (!before) await Promise.race([done, sleep(SEARCH_PATIENCE_MS, undefined, { ref: false })]);
  }
}
