import type { Message } from "@mini-openclaw/protocol";
import { fitContext } from "./fit-context.ts";

/**
 * The messages that a run shows to its model. Thinking that is bound to its conversation may go
 * back only behind exactly what it was about: within its run, as long as nothing before it was cut.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
 */
export class RunContext {
  readonly #messages: Message[];
  #thinkingFrom: number;
  #lastFit: readonly Message[] = [];

  /** Before a run something always changes: memory, time, what is left out. */
  constructor(messages: readonly Message[]) {
    this.#messages = [...messages];
    this.#thinkingFrom = messages.length;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  add(...messages: readonly Message[]): void {
    this.#messages.push(...messages);
  }

  /** Begins anew behind an answer: the prompt's volatile part moves to the next question. */
  endAnswer(): void {
    this.#thinkingFrom = this.#messages.length;
  }

  /** Returns the messages that fit, and the index of the first one whose thinking may go back. */
  fit(maxTokens: number): { messages: readonly Message[]; thinkingFrom: number } {
    const { messages } = fitContext(this.#messages, maxTokens);
    if (!beginsWith(messages, this.#lastFit)) this.#thinkingFrom = this.#messages.length;
    // A copy: the messages of a run that all fit are added to.
    this.#lastFit = [...messages];
    const fresh = this.#messages.length - this.#thinkingFrom;
    return { messages, thinkingFrom: Math.max(0, messages.length - fresh) };
  }
}

function beginsWith(messages: readonly Message[], start: readonly Message[]): boolean {
  return start.every(
    (message, index) => message === messages[index] || message.content === messages[index]?.content,
  );
}
