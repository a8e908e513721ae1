import type { AgentInput, AgentRunner, RunEvent, RunOutcome } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describeValue, mustBe } from "@mini-openclaw/protocol/shared";
import { isThenable, swallowRejection } from "../shared/callbacks.ts";
import { createId } from "../shared/create-id.ts";
import { GatewayError } from "../shared/errors.ts";

/** The part of a run's input that a function of text needs. */
export type TextInput = Pick<AgentInput, "messages" | "signal" | "sessionId" | "runId">;

/** An answer: pieces of text as they come, or the whole text at once. */
export type TextAnswer = AsyncIterable<string> | Iterable<string> | Promise<string>;

/**
 * Creates an agent from a function that answers in text. The function is an async generator that
 * yields pieces of text, or it returns the text, or a promise of it.
 *
 * The agent adds all that a run needs beside the text: its start, the message, and the end. When
 * the run is stopped, `signal` aborts, the text so far is kept, and the run ends at once, whatever
 * the function does. An error that the function throws ends the run as failed.
 *
 * @throws GatewayError `INVALID_OPTION`
 * @example
 * textAgent(async function* ({ messages }) {
 *   yield `You said: ${messages.at(-1)?.content}`;
 * })
 */
export function textAgent(answer: (input: TextInput) => TextAnswer): AgentRunner {
  if (typeof answer !== "function") {
    const text = mustBe("answer", "a function that yields or returns text", answer);
    throw new GatewayError("INVALID_OPTION", `${text} Use \`textAgent(() => "Hello.")\`.`);
  }
  return { run: (input) => runText(answer, input) };
}

async function* runText(
  answer: (input: TextInput) => TextAnswer,
  input: AgentInput,
): AsyncGenerator<RunEvent> {
  const { runId, signal } = input;
  const id = createId();
  let content = "";
  yield { type: "run_start", runId, timestamp: Date.now() };
  const pieces = new Pieces(answer, input);
  try {
    for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) {
      if (piece === "") continue;
      content += piece;
      yield { type: "chunk", runId, messageId: id, content: piece };
    }
  } finally {
    pieces.close();
  }
  const outcome: RunOutcome = signal.aborted ? "aborted" : "completed";
  const partial = signal.aborted && { partial: "aborted" as const };
  yield { type: "assistant_message", runId, id, content, timestamp: Date.now(), ...partial };
  yield { type: "message_done", runId, content };
  yield { type: "run_end", runId, outcome, usage: noUsage, timestamp: Date.now() };
}

/** The pieces of an answer, up to its end or to the abort of its signal. */
class Pieces {
  readonly #signal: AbortSignal;
  readonly #aborted: Promise<undefined>;
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  #onAbort: () => void = () => {};

  constructor(answer: (input: TextInput) => TextAnswer, input: AgentInput) {
    this.#signal = input.signal;
    this.#aborted = new Promise((resolve) => {
      this.#onAbort = () => resolve(undefined);
      input.signal.addEventListener("abort", this.#onAbort, { once: true });
    });
    this.#iterator = iterate(input.signal.aborted ? [] : answer(input));
  }

  /**
   * Returns the next piece, or `undefined` at the end. Rejects as the function does, unless it was
   * aborted.
   */
  async next(): Promise<string | undefined> {
    if (this.#signal.aborted) return undefined;
    try {
      const next = Promise.resolve(this.#iterator.next());
      // Nobody waits for it after an abort.
      swallowRejection(next);
      const result = await Promise.race([next, this.#aborted]);
      return !result || result.done ? undefined : requireString(result.value);
    } catch (error) {
      // Most functions let the abort through as an error.
      if (this.#signal.aborted) return undefined;
      throw error;
    }
  }

  /** Lets the function clean up. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    try {
      swallowRejection(this.#iterator.return?.());
    } catch {
      // The run has its end already.
    }
  }
}

function iterate(answer: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  if (isThenable(answer)) return awaitText(answer);
  // A string is iterable itself, letter by letter.
  if (typeof answer === "string") return [answer].values();
  if (typeof answer === "object" && answer !== null) {
    if (Symbol.asyncIterator in answer) return (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in answer) return (answer as Iterable<unknown>)[Symbol.iterator]();
  }
  const got = describeValue(answer);
  throw new TypeError(`The function of \`textAgent\` must yield strings or return a string, got ${got}.`);
}

async function* awaitText(text: PromiseLike<unknown>): AsyncGenerator<unknown> {
  yield await text;
}

function requireString(piece: unknown): string {
  if (typeof piece === "string") return piece;
  const got = describeValue(piece);
  throw new TypeError(`The function of \`textAgent\` must yield strings or return a string, got ${got}.`);
}
