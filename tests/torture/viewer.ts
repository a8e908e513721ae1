import { EventEmitter, once } from "node:events";
import { type Order, storyOf } from "./story.ts";

/** Where a viewer connects. */
export interface Place {
  /** Of the line to the gateway. */
  url: string;
  /** Name that the gateway expects to be called by; asked for each connection. */
  readonly host: string;
}

/** Somebody who asks for a story and watches it come, whatever happens to connections. */
export abstract class Viewer extends EventEmitter {
  readonly order: Order;
  /** Texts on the screen that are no beginning of the story. There must be none at any moment. */
  readonly faults: string[] = [];
  /** Events of the session that came. */
  eventCount = 0;
  /** The longest text that was ever on the screen. */
  longest = "";
  readonly #story: string;

  constructor(order: Order) {
    super();
    this.order = order;
    this.#story = storyOf(order).join("");
  }

  /** The text of the answer on the screen. */
  abstract readonly text: string;
  /** The gateway shows what happens as it happens. */
  abstract readonly isLive: boolean;
  /** The answer has ended, and nothing is under way. */
  abstract readonly isOver: boolean;
  /** Number of times that the question stands in the session. */
  abstract readonly questionCount: number;
  /** The connection is gone, and may be made again. */
  abstract comeBack(): void;
  abstract close(): void;
  /** True if a lost connection is opened again at once. */
  mayConnect = true;

  /** Resolves when it is so; looks whenever something came. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this, "change");
  }

  protected changed(): void {
    const { text } = this;
    if (!this.#story.startsWith(text))
      this.faults.push(`not the beginning of the story: ${text.slice(-200)}`);
    if (text.length > this.longest.length) this.longest = text;
    this.emit("change");
  }
}
