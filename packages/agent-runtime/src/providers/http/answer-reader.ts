import { AgentError } from "../../shared/errors.ts";
import { createSseReader, MAX_EVENT_CHARS, type SseReader } from "./sse.ts";

/** Reads the events of an answer, or a document that a server sends instead. */
export interface AnswerReader extends SseReader {
  /** Returns the document, once all of it came, or `undefined` where events came. */
  document(): string | undefined;
}

/**
 * Returns a reader of an answer. What looks like a document is held back until it looks like
 * events, whatever its content type is.
 */
export function createAnswerReader(response: Response): AnswerReader {
  const events = createSseReader();
  let isFirst = true;
  let held: Buffer | undefined;
  return {
    read(piece) {
      if (isFirst && (!isStream(response) || looksLikeDocument(piece))) held = Buffer.alloc(0);
      isFirst = false;
      if (held === undefined) return events.read(piece);
      held = Buffer.concat([held, piece]);
      if (held.length > MAX_EVENT_CHARS) throw notAStream();
      if (!looksLikeEvents(held)) return [];
      const all = held;
      held = undefined;
      return events.read(all);
    },
    end: () => events.end(),
    document: () => held?.toString().replace(/^\uFEFF/, ""),
  };
}

function isStream(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
}

/** Some servers send an error as JSON or HTML under the content type of a stream. */
function looksLikeDocument(piece: Uint8Array): boolean {
  return /^\s*[[{<]/.test(Buffer.from(piece.buffer, piece.byteOffset, Math.min(64, piece.length)).toString());
}

/** Some servers send events under another content type. */
function looksLikeEvents(body: Buffer): boolean {
  return /^\s*(?:data|event|id|retry)?:/.test(body.subarray(0, 64).toString());
}

function notAStream(): AgentError {
  return new AgentError("MODEL_FAILED", "The model's server did not answer with a stream of events.");
}
