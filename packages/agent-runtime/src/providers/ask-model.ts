import type { ModelEvent, Usage } from "@mini-openclaw/protocol";
import { followSignal } from "../shared/child-signal.ts";
import { AgentError } from "../shared/errors.ts";
import { type Sdk, toAgentError, unreachable } from "./api-errors.ts";
import type { Body } from "./body.ts";
import { createSseReader } from "./sse.ts";

/** Text or thinking of the model, shown as it comes. */
export type Shown = Extract<ModelEvent, { type: "text" | "thinking" }>;

export type CompleteTurn = Extract<ModelEvent, { type: "turn" }>;

/** Builds one turn from the events of a stream, in whatever form a model's server sends them. */
export interface TurnBuilder {
  /** Takes the data of one event in; returns what it shows at once, if anything. Throws when it is an error, or malformed. */
  add(data: string): Shown | undefined;
  /** What the turn has cost so far, as the server said it: another object when it said more. */
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
  signal: AbortSignal;
}

/**
 * Sends a request and reads its turn. All text that one read of the socket brought is one event: a model's server sends
 * many small ones, and what follows costs by the event. (One generator, as each one more costs every read.)
 *
 * @throws AgentError with a code of the protocol, or the signal's reason
 */
export async function* askModel<Client>({
  connect,
  send,
  turn,
  signal,
}: Question<Client>): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const { client, sdk, bodyOf } = await connect();
  // The SDK leaves its listener on the signal when it does not read the response itself.
  const own = followSignal(signal);
  try {
    const response = await send(client, own.signal);
    const type = response.headers.get("content-type") ?? "";
    const body = bodyOf(response);
    const readEvents = createSseReader();
    let told = turn.usage();
    for await (const piece of body) {
      if (!type.startsWith("text/event-stream")) throw notAStream(type);
      let pending: Shown | undefined;
      for (const data of readEvents(piece)) {
        const shown = take(data, turn);
        if (pending && (shown instanceof Error || (shown && shown.type !== pending.type))) {
          yield pending;
          pending = undefined;
        }
        if (shown instanceof Error) {
          if (turn.usage() !== told) yield { type: "progress", usage: turn.usage() };
          throw shown;
        }
        if (shown) pending = { type: shown.type, text: (pending?.text ?? "") + shown.text };
      }
      const complete = turn.finished(false);
      const usage = turn.usage();
      if (!complete && (usage !== told || !pending)) {
        yield { type: "progress", ...(usage !== told && { usage }) };
      }
      told = usage;
      if (pending) {
        yield pending;
        body.gather();
      }
      if (!complete) continue;
      body.release();
      yield complete;
      return;
    }
    yield turn.finished(true) ?? endedEarly();
  } catch (error) {
    signal.throwIfAborted();
    throw toAgentError(error, sdk);
  } finally {
    own.dispose();
  }
}

function endedEarly(): never {
  throw unreachable(new Error("The stream ended before the turn did."));
}

function notAStream(type: string): AgentError {
  return new AgentError(
    "MODEL_FAILED",
    `The model's server answered ${type || "nothing"} instead of a stream.`,
  );
}

/** An error is returned, so that what came before it can be shown first. */
function take(data: string, turn: TurnBuilder): Shown | AgentError | undefined {
  try {
    return turn.add(data);
  } catch (cause) {
    if (AgentError.is(cause)) return cause;
    const message = "The model's server sent an event that is not of its protocol.";
    return new AgentError("MODEL_FAILED", message, { cause, retryable: true });
  }
}
