import type { ModelEvent, Usage } from "@mini-openclaw/protocol";
import { followSignal } from "../../shared/child-signal.ts";
import { type Emit, type EmittedEvents, emitEvents } from "../../shared/emit-events.ts";
import { AgentError } from "../../shared/errors.ts";
import {
  cleanCause,
  fromAnswer,
  refusedContent,
  type Sdk,
  toAgentError,
  toSendError,
  unreachable,
} from "../errors/api-errors.ts";
import type { AnswerLimit } from "./answer-limit.ts";
import { type AnswerReader, createAnswerReader } from "./answer-reader.ts";
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
 * model's server sends many small ones, and what follows costs by the event.
 *
 * @throws AgentError with a code of the protocol, or the signal's reason
 */
export function askModel<Client>(question: Question<Client>): EmittedEvents<ModelEvent> {
  return emitEvents(async (emit, left) => {
    const complete = await readTurn(question, emit, left);
    await emit(complete);
  });
}

async function readTurn<Client>(
  { connect, send, turn, limit, secrets, signal }: Question<Client>,
  emitEvent: Emit<ModelEvent>,
  left: AbortSignal,
): Promise<CompleteTurn> {
  signal.throwIfAborted();
  const { client, sdk, bodyOf } = await connect();
  // The SDK leaves its listener on the signal when it does not read the response itself.
  const own = followSignal(signal, left);
  let shownText = "";
  const emit: Emit<ModelEvent> = (event) => {
    if (event.type === "text") shownText += event.text;
    return emitEvent(event);
  };
  try {
    const response = await send(client, own.signal).catch((error: unknown) => {
      own.signal.throwIfAborted();
      throw toSendError(error, sdk, secrets);
    });
    const reader = createAnswerReader(response);
    try {
      const complete = await readStream(bodyOf(response), reader, { turn, limit, secrets, emit });
      if (complete) return complete;
    } catch (error) {
      signal.throwIfAborted();
      if (!AgentError.is(error)) await emitLast(reader.end(), turn, secrets, emit);
      // An answer that was complete stays complete, whatever its server does afterwards.
      const complete = turn.finished(true);
      if (!complete) throw error;
      return complete;
    }
    const whole = reader.document();
    if (whole === undefined) await emitLast(reader.end(), turn, secrets, emit);
    else await emitAll(readWhole(whole, response, turn, secrets), emit);
    return turn.finished(true) ?? endedEarly();
  } catch (error) {
    signal.throwIfAborted();
    const failure = toAgentError(error, sdk, secrets);
    const stopMessage = refusedContent(failure);
    if (stopMessage === undefined) throw failure;
    const usage = turn.usage();
    return { type: "turn", content: shownText, toolCalls: [], stopReason: "refusal", stopMessage, usage };
  } finally {
    own.dispose();
  }
}

/** Reads a stream to its end. Returns the turn if it was complete before. */
async function readStream(
  body: Body,
  reader: AnswerReader,
  {
    turn,
    limit,
    secrets,
    emit,
  }: Pick<Question<never>, "turn" | "limit" | "secrets"> & { emit: Emit<ModelEvent> },
): Promise<CompleteTurn | undefined> {
  let reported = turn.usage();
  let lastWords: NodeJS.Timeout | undefined;
  let complete: CompleteTurn | undefined;

  /** Returns true if more is to be read. */
  function proceed({ shown, failure }: ShownEvents): boolean {
    if (failure) throw failure;
    if (shown.length > 0) body.gather(shown.reduce((sum, { text }) => sum + text.length, 0));
    if (complete) {
      body.release();
      return false;
    }
    if (shown.length > 0 || !lastWords) {
      clearTimeout(lastWords);
      lastWords = turn.finished(true) && setTimeout(() => body.end(), LAST_WORDS_MS);
    }
    return true;
  }

  try {
    await body.read((piece) => {
      limit.addBytes(piece.length);
      const events = readEvents(reader.read(piece), turn, secrets);
      const { shown, failure } = events;
      complete = failure ? undefined : turn.finished(false);
      const usage = turn.usage();
      const isProgress = !complete && (usage !== reported || (shown.length === 0 && !failure));
      const progress = isProgress && emit({ type: "progress", ...(usage !== reported && { usage }) });
      reported = usage;
      const emitted = emitAll(shown, emit);
      if (!progress && !emitted) return proceed(events);
      return Promise.all([progress, emitted]).then(() => proceed(events));
    });
  } finally {
    clearTimeout(lastWords);
  }
  return complete;
}

/** Emits events in their order. Returns no promise if the reader took all of them at once. */
function emitAll(events: readonly ModelEvent[], emit: Emit<ModelEvent>): Promise<unknown> | undefined {
  const [first] = events;
  if (first && events.length === 1) return emit(first);
  const emitted = events.map(emit).filter((one) => one !== undefined);
  return emitted.length > 0 ? Promise.all(emitted) : undefined;
}

/** All that some events show, joined, up to the failure that ends them. */
interface ShownEvents {
  readonly shown: readonly Shown[];
  readonly failure?: AgentError;
}

function readEvents(events: readonly string[], turn: TurnBuilder, secrets: readonly string[]): ShownEvents {
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

/** Emits the events behind the last empty line of a stream. */
async function emitLast(
  events: readonly string[],
  turn: TurnBuilder,
  secrets: readonly string[],
  emit: Emit<ModelEvent>,
): Promise<void> {
  const { shown, failure } = readEvents(events, turn, secrets);
  await emitAll(shown, emit);
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
