import type { ModelEvent } from "@mini-openclaw/protocol";
import { AgentError } from "../errors.ts";
import { unreachable } from "./api-errors.ts";
import type { Body } from "./node-fetch.ts";
import { createSseReader } from "./sse.ts";

/** Text or thinking of the model, shown as it comes. */
export type Shown = Extract<ModelEvent, { type: "text" | "thinking" }>;

export type CompleteTurn = Extract<ModelEvent, { type: "turn" }>;

/** Builds one turn from the events of a stream, in whatever form a model's server sends them. */
export interface TurnBuilder {
  /** Takes the data of one event in; returns what it shows at once, if anything. Throws when it is an error, or malformed. */
  add(data: string): Shown | undefined;
  /** The complete turn, once all of it came. `isOver`: nothing more comes. */
  finished(isOver: boolean): CompleteTurn | undefined;
}

/**
 * Reads a turn from a response. All text that one read of the socket brought is one event: a model's server sends many
 * small ones, and what follows costs by the event.
 *
 * @throws AgentError `MODEL_UNREACHABLE` when the stream ends early, `MODEL_FAILED` when it is none
 */
export async function* readStream(
  response: Response,
  body: Body,
  turn: TurnBuilder,
): AsyncGenerator<ModelEvent> {
  const type = response.headers.get("content-type") ?? "";
  const readEvents = createSseReader();
  for await (const piece of body) {
    if (!type.startsWith("text/event-stream")) throw notAStream(type);
    let pending: Shown | undefined;
    for (const data of readEvents(piece)) {
      const shown = take(data, turn);
      if (pending && (shown instanceof Error || (shown && shown.type !== pending.type))) {
        yield pending;
        pending = undefined;
      }
      if (shown instanceof Error) throw shown;
      if (shown) pending = { type: shown.type, text: (pending?.text ?? "") + shown.text };
    }
    yield pending ?? { type: "progress" };
    const complete = turn.finished(false);
    if (complete) {
      body.release();
      yield complete;
      return;
    }
  }
  const complete = turn.finished(true);
  if (!complete) throw unreachable(new Error("The stream ended before the turn did."));
  yield complete;
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
