import type { DialectCommand } from "./dialect.ts";

// Most commands are answered by then, in the order of their frames. Then later frames go on.
const PATIENCE_MS = 50;

type Types = ReadonlySet<DialectCommand["type"] | undefined>;

/** Commands that wait for no other. */
const urgentTypes: Types = new Set(["abort", "approve"] as const);

/** Commands that may start a run. A frame of several commands may have one of them. */
const startingTypes: Types = new Set(["message", "answer", "retry", "edit", undefined] as const);

/** Commands that read many sessions. Only the next ones wait for them. */
const searchTypes: Types = new Set(["search", "list"] as const);

const changingTypes: Types = new Set([
  ...(["create", "fork", "rename", "archive", "unarchive", "delete", "undelete"] as const),
]);

interface OrderEvents {
  /** Called when nothing is in progress. */
  onIdle: () => void;
  /** Called when a frame waits no longer. */
  onTaken: () => void;
}

/** The order in which the frames of one connection are worked on. */
export class CommandOrder {
  readonly #events: OrderEvents;
  readonly #urgent = new Lane();
  readonly #searches = new Lane();
  readonly #others = new Lane();
  /** Resolves when the last command that may start a run is answered. */
  #started: Promise<void> | undefined;
  #lastFrame: Promise<void>;
  #inProgress = 0;

  /** The first frame waits for `begun`. */
  constructor(events: OrderEvents, begun?: Promise<void>) {
    this.#events = events;
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
   * not reject. It gets a promise of the earlier commands that may start a run, if the command is
   * urgent and there are any.
   */
  run(
    command: DialectCommand | undefined,
    answer: (started?: Promise<void>) => Promise<void>,
  ): Promise<void> {
    this.#inProgress += 1;
    const { onTaken } = this.#events;
    const type = command?.type;
    if (urgentTypes.has(type)) {
      const answered = answer(this.#started);
      // Many may begin at once, so each one counts as waiting until it is answered.
      return this.#urgent.join(answered.then(onTaken).then(this.#end));
    }
    const work = () => {
      onTaken();
      return answer().then(this.#end);
    };
    if (type === "ping") return work();
    const urgent = this.#urgent.last;
    if (searchTypes.has(type)) return this.#searches.add(work, urgent, this.#others.last);
    // Earlier lists and searches find the sessions as they were then.
    const searches = changingTypes.has(type) ? this.#searches.last : undefined;
    const added = this.#others.add(work, urgent, searches);
    if (startingTypes.has(type)) this.#started = this.#others.last;
    return added;
  }

  readonly #end = () => {
    this.#inProgress -= 1;
    if (this.#inProgress === 0) this.#events.onIdle();
  };
}

/** Commands that later ones may have to wait for. */
class Lane {
  /** Resolves when all commands are answered. Absent when they are. */
  last: Promise<void> | undefined;

  /**
   * Answers a command after the earlier ones of the lane, and after those of `others`. Resolves
   * soon, so that a slow command holds up no frames.
   */
  async add(answer: () => Promise<void>, ...others: (Promise<void> | undefined)[]): Promise<void> {
    const earlier = [this.last, ...others].filter((one) => one !== undefined);
    const isFirst = earlier.length === 0;
    const done = this.#follow(isFirst ? answer() : Promise.all(earlier).then(answer));
    // A command counts as waiting until it begins, so that the number of commands is limited.
    if (isFirst) await withPatience(done);
  }

  /** Adds a command that has begun. Resolves soon. */
  async join(answered: Promise<void>): Promise<void> {
    const isFirst = this.last === undefined;
    const done = this.#follow(Promise.all([this.last, answered]));
    if (isFirst) await withPatience(done);
  }

  #follow(answered: Promise<unknown>): Promise<void> {
    const done = answered.then(() => {
      if (this.last === done) this.last = undefined;
    });
    this.last = done;
    return done;
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
