import type { UserMessage } from "@mini-openclaw/protocol";

/** What users say to a run that goes on, until the agent takes it. */
export class Steering {
  #waiting: UserMessage[] = [];
  #isOpen = true;

  /** False when the run is about to end: the message needs a run of its own. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  add(message: UserMessage): void {
    this.#waiting.push(message);
  }

  withdraw(message: UserMessage): void {
    this.#waiting = this.#waiting.filter((one) => one !== message);
  }

  /** Hands over what waits, oldest first, once. */
  take(): UserMessage[] {
    return this.#waiting.splice(0);
  }

  /** Takes no more, and hands over what the agent left. */
  close(): UserMessage[] {
    this.#isOpen = false;
    return this.take();
  }
}
