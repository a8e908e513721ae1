import { messageMethods, slowMethods, urgentMethods } from "../methods/methods.ts";

// With more requests that wait, the next frames wait too. The gateway limits those.
const MAX_WAITING = 100;

// The next frames do not wait for slow requests, so that these need a limit of their own.
const MAX_SLOW = 1000;

/** The order in which the requests of one connection are answered. */
export class RequestOrder {
  /** Resolves when all requests are answered, except slow ones. */
  #last: Promise<unknown> = Promise.resolve();
  /** Resolves when all messages are accepted or refused. */
  #sent: Promise<unknown> | undefined;
  #waiting = 0;
  #slow = 0;

  /** Returns true if a request must be refused, because too many slow ones wait. */
  isFull(method: string): boolean {
    return slowMethods.has(method) && this.#slow >= MAX_SLOW;
  }

  /**
   * Answers a request after the earlier ones, unless it is urgent. The next frame waits for the
   * result. `answer` must not reject. An urgent one gets a promise of the earlier messages.
   */
  add(method: string, answer: (sent?: Promise<unknown>) => Promise<void>): Promise<void> | undefined {
    if (urgentMethods.has(method)) {
      const answered = answer(this.#sent);
      this.#last = Promise.all([this.#last, answered]);
      return this.#limit(answered);
    }
    const earlier = this.#last;
    const answered = earlier.then(() => answer());
    if (slowMethods.has(method)) {
      this.#slow += 1;
      void answered.then(() => {
        this.#slow -= 1;
      });
      return this.#limit(earlier);
    }
    this.#last = answered;
    if (messageMethods.has(method)) this.#sent = answered;
    return this.#limit(answered);
  }

  #limit(waiting: Promise<unknown>): Promise<void> | undefined {
    this.#waiting += 1;
    const done = waiting.then(() => {
      this.#waiting -= 1;
    });
    return this.#waiting < MAX_WAITING ? undefined : done;
  }
}
