import type { ModelEvent, Usage } from "@mini-openclaw/protocol";
import { followSignal } from "../../shared/child-signal.ts";
import { AgentError } from "../../shared/errors.ts";
import {
  cleanCause,
  fromAnswer,
  refusedContent,
  type Sdk,
  toAgentError,
  unreachable,
} from "../errors/api-errors.ts";
import type { AnswerLimit } from "./answer-limit.ts";
import { createAnswerReader } from "./answer-reader.ts";
import type { Body } from "./body.ts";

/**
 * Milliseconds for what may follow the reason why a turn stopped: its usage, and the end of the
 * stream. Some servers leave the stream open instead (maximhq/bifrost#6784).
 */
const LAST_WORDS_MS = 2000;

/** Text or thinking of the model, shown as it comes. */
export type ShownText = Extract<ModelEvent, { type: "text" | "thinking" }>;

/** A piece of a tool call's input, shown as it comes. */
export type ShownInput = Extract<ModelEvent, { type: "tool_input" }>;

export type Shown = ShownText | ShownInput;

export type CompleteTurn = Extract<ModelEvent, { type: "turn" }>;

/** Builds one turn from the events of a stream, in whatever form a model's server sends them. */
export interface TurnBuilder {
  /**
   * Adds the data of one event. Returns what it shows at once, if anything. Throws when it is an
   * error, or malformed.
   */
  add(data: string): Shown | Shown[] | undefined;
  /**
   * Returns the usage of the turn so far, as its server reported it: another object once the server
   * reported more.
   */
  usage(): Usage;
  /** The complete turn, once all of it came. `isOver`: nothing more comes. */
  finished(isOver: boolean): CompleteTurn | undefined;
}

/** A client of an SDK, its error classes, and the way to read what it gets. */
export interface Connection<Client> {
  client: Client;
  sdk: Sdk;
  bodyOf: (response: Response) => Body;
}

export interface Question<Client> {
  connect: () => Promise<Connection<Client>>;
  send: (client: Client, signal: AbortSignal) => Promise<Response>;
  turn: TurnBuilder;
  limit: AnswerLimit;
  /** Values that no error may quote. */
  secrets: readonly string[];
  signal: AbortSignal;
}

/**
 * Sends a request and reads its turn. All text that one read of the socket brought is one event: a
 * model's server sends many small ones, and what follows costs by the event. (One generator, as
 * each one more costs every read.)
 *
 * @throws AgentError with a code of the protocol, or the signal's reason
 */
export async function* askModel<Client>({
  connect,
  send,
  turn,
  limit,
  secrets,
  signal,
}: Question<Client>): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const { client, sdk, bodyOf } = await connect();
  // The SDK leaves its listener on the signal when it does not read the response itself.
  const own = followSignal(signal);
  let shownText = "";
  let lastWords: NodeJS.Timeout | undefined;
  try {
    const response = await send(client, own.signal);
    const body = bodyOf(response);
    const reader = createAnswerReader(response);
    let told = turn.usage();
    try {
      for await (const piece of body) {
        limit.addBytes(piece.length);
        const { shown, failure } = readEvents(reader.read(piece), turn, secrets);
        const complete = failure ? undefined : turn.finished(false);
        const usage = turn.usage();
        if (!complete && (usage !== told || (shown.length === 0 && !failure))) {
          yield { type: "progress", ...(usage !== told && { usage }) };
        }
        told = usage;
        for (const one of shown) {
          if (one.type === "text") shownText += one.text;
          yield one;
        }
        if (failure) throw failure;
        if (shown.length > 0) body.gather(shown.reduce((sum, { text }) => sum + text.length, 0));
        if (complete) {
          body.release();
          yield complete;
          return;
        }
        if (shown.length > 0 || !lastWords) {
          clearTimeout(lastWords);
          lastWords = turn.finished(true) && setTimeout(() => body.end(), LAST_WORDS_MS);
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!AgentError.is(error)) yield* readLast(reader.end(), turn, secrets);
      // An answer that was complete stays complete, whatever its server does afterwards.
      const complete = turn.finished(true);
      if (!complete) throw error;
      yield complete;
      return;
    }
    const whole = reader.document();
    if (whole !== undefined) yield* readWhole(whole, response, turn, secrets);
    else yield* readLast(reader.end(), turn, secrets);
    yield turn.finished(true) ?? endedEarly();
  } catch (error) {
    signal.throwIfAborted();
    const failure = toAgentError(error, sdk, secrets);
    const stopMessage = refusedContent(failure);
    if (stopMessage === undefined) throw failure;
    const usage = turn.usage();
    yield { type: "turn", content: shownText, toolCalls: [], stopReason: "refusal", stopMessage, usage };
  } finally {
    clearTimeout(lastWords);
    own.dispose();
  }
}

/** Returns all that some events show, joined, up to the failure that ends them. */
function readEvents(
  events: readonly string[],
  turn: TurnBuilder,
  secrets: readonly string[],
): { shown: readonly Shown[]; failure?: AgentError } {
  const all: Shown[] = [];
  let last: Shown | undefined;
  const add = (shown: Shown) => {
    if (last && isSamePart(last, shown)) {
      last.text += shown.text;
      return;
    }
    const joined = { ...shown };
    last = joined;
    all.push(joined);
  };
  for (const data of events) {
    try {
      const shown = turn.add(data);
      if (Array.isArray(shown)) shown.forEach(add);
      else if (shown) add(shown);
    } catch (error) {
      return { shown: all, failure: toFailure(error, secrets) };
    }
  }
  return { shown: all };
}

function isSamePart(one: Shown, other: Shown): boolean {
  if (one.type !== "tool_input") return one.type === other.type;
  return other.type === "tool_input" && one.index === other.index;
}

function toFailure(error: unknown, secrets: readonly string[]): AgentError {
  if (AgentError.is(error)) return error;
  const message = "The model's server sent an event that is not of its protocol.";
  // A parser quotes what it reads.
  return new AgentError("MODEL_FAILED", message, { cause: cleanCause(error, secrets), retryable: true });
}

/** Reads the events behind the last empty line of a stream. */
function* readLast(
  events: readonly string[],
  turn: TurnBuilder,
  secrets: readonly string[],
): Generator<Shown> {
  const { shown, failure } = readEvents(events, turn, secrets);
  yield* shown;
  if (failure) throw failure;
}

/**
 * Reads an answer that is no stream: a whole turn as JSON, or an error that its server sends as a
 * success.
 */
function readWhole(
  text: string,
  { status, url }: Response,
  turn: TurnBuilder,
  secrets: readonly string[],
): readonly Shown[] {
  if (text.trimStart().startsWith("{") && /"(?:choices|content|output)"\s*:/.test(text)) {
    const { shown, failure } = readEvents([text], turn, secrets);
    if (failure) throw failure;
    if (turn.finished(true)) return shown;
  }
  const body = text.trim() === "" ? "an empty answer instead of a stream" : text;
  throw fromAnswer({ status, body, url }, secrets);
}

function endedEarly(): never {
  throw unreachable(new Error("The stream ended before the turn did."));
}
