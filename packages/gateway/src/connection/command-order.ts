import type { DialectCommand } from "./dialect.ts";

// Most commands are answered by then, in the order of their frames. Then later frames go on.
const PATIENCE_MS = 50;

type Types = ReadonlySet<DialectCommand["type"] | undefined>;

/** Commands that wait only for each other. A `ping` waits for none. */
const urgentTypes: Types = new Set(["abort", "approve"] as const);

/** Commands that read many sessions. Only the next ones wait for them. */
const searchTypes: Types = new Set(["search", "list"] as const);

const changingTypes: Types = new Set([
  ...(["create", "fork", "rename", "archive", "unarchive", "delete", "undelete"] as const),
]);

/** The order in which the frames of one connection are worked on. */
export class CommandOrder {
  readonly #onIdle: () => void;
  readonly #urgent = new Lane();
  readonly #searches = new Lane();
  readonly #others = new Lane();
  #lastFrame: Promise<void>;
  #inProgress = 0;

  /** The first frame waits for `begun`. `onIdle` is called when nothing is in progress. */
  constructor(onIdle: () => void, begun?: Promise<void>) {
    this.#onIdle = onIdle;
    this.#lastFrame = Promise.resolve();
    if (begun) this.add(() => begun);
  }

  /** Works on a frame after all earlier ones. `work` must not reject. */
  add(work: () => Promise<void>): void {
    this.#inProgress += 1;
    this.#lastFrame = this.#lastFrame.then(work).then(this.#end);
  }

  /**
   * Answers the command of a frame. Resolves when the next frame may be worked on. `answer` must
   * not reject. It gets a promise of the earlier commands that it did not wait for, if there are
   * any.
   */
  run(
    command: DialectCommand | undefined,
    answer: (earlier?: Promise<void>) => Promise<void>,
  ): Promise<void> {
    this.#inProgress += 1;
    const type = command?.type;
    const earlier = urgentTypes.has(type) ? this.#others.last : undefined;
    const work = () => answer(earlier).then(this.#end);
    if (type === "ping") return work();
    const urgent = this.#urgent.last;
    if (urgentTypes.has(type)) return this.#urgent.add(work);
    if (searchTypes.has(type)) return this.#searches.add(work, urgent, this.#others.last);
    // Earlier lists and searches find the sessions as they were then.
    return this.#others.add(work, urgent, changingTypes.has(type) ? this.#searches.last : undefined);
  }

  readonly #end = () => {
    this.#inProgress -= 1;
    if (this.#inProgress === 0) this.#onIdle();
  };
}

/** Commands that are answered one after another. */
class Lane {
  /** Resolves when the last command is answered. Absent when all are. */
  last: Promise<void> | undefined;

  /**
   * Answers a command after the earlier ones of the lane, and after those of `others`. Resolves
   * soon, so that a slow command holds up no frames.
   */
  async add(answer: () => Promise<void>, ...others: (Promise<void> | undefined)[]): Promise<void> {
    const earlier = [this.last, ...others].filter((one) => one !== undefined);
    const isFirst = earlier.length === 0;
    const answered = isFirst ? answer() : Promise.all(earlier).then(answer);
    const done = answered.then(() => {
      if (this.last === done) this.last = undefined;
    });
    this.last = done;
    // A command counts as waiting until it begins, so that the number of commands is limited.
    if (isFirst) await withPatience(done);
  }
}

function withPatience(done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
