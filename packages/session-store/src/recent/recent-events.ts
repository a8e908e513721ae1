import type {
  ChunkEvent,
  NumberedEvent,
  RecordedEvent,
  SessionEvent,
  ThinkingEvent,
  ToolInputEvent,
} from "@mini-openclaw/protocol";
import { copyEvent, parseServerEvent } from "@mini-openclaw/protocol/schema";
import { describeValue } from "@mini-openclaw/protocol/shared";
import { StoreError } from "../model/errors.ts";
import { isTooDeep, toJson, tooDeep } from "../model/json.ts";
import { toMessageError } from "../model/message-entry.ts";

// Enough for a reader that is a little behind, so that it need not read the files.
const MAX_EVENTS = 256;
const MAX_CHARS = 262_144;

/** An event as JSON, so that each reader gets an object of its own. */
interface RecentEvent {
  readonly seq: number;
  readonly json: string;
}

/** A placeholder for an event that was dropped. No reader asks for it. */
const gone: RecentEvent = { seq: 0, json: "" };

/**
 * The newest events of a session, for readers that are nearly up to date.
 *
 * Holds at most 256 events and 256 Ki characters of JSON. Readers get older events from the files.
 */
export class RecentEvents {
  #events: RecentEvent[] = [];
  /** The number of events at the beginning of the list that were dropped. */
  #dropped = 0;
  #chars = 0;
  /** The number before the first event. Every later event is here. */
  #after: number;
  readonly #waiting = new Set<() => void>();

  constructor(lastSeq: number) {
    this.#after = lastSeq;
  }

  push(events: readonly RecordedEvent[]): void {
    for (const { event, json } of events) {
      this.#events.push({ seq: event.seq, json });
      this.#chars += json.length;
    }
    while (this.#events.length - this.#dropped > MAX_EVENTS || this.#chars > MAX_CHARS) {
      const dropped = this.#events[this.#dropped];
      if (!dropped) break;
      this.#events[this.#dropped] = gone;
      this.#dropped += 1;
      this.#chars -= dropped.json.length;
      this.#after = dropped.seq;
    }
    // To move the list at each event would cost more than to record one.
    if (this.#dropped >= MAX_EVENTS) {
      this.#events = this.#events.slice(this.#dropped);
      this.#dropped = 0;
    }
    this.wake();
  }

  /** Returns the events after a number; `undefined` if some of them are no longer here. */
  since(after: number): readonly RecordedEvent[] | undefined {
    if (after < this.#after) return undefined;
    const first = this.#events.findIndex(({ seq }) => seq > after);
    const events = first === -1 ? [] : this.#events.slice(first);
    return events.map(({ json }) => ({ event: JSON.parse(json) as NumberedEvent, json }));
  }

  /** Resolves at the next push, `wake()` or abort. */
  async changed(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = withResolvers();
    this.#waiting.add(resolve);
    signal?.addEventListener("abort", resolve, { once: true });
    await promise;
    signal?.removeEventListener("abort", resolve);
    this.#waiting.delete(resolve);
  }

  wake(): void {
    // Mostly nobody waits, and clearing a set costs.
    if (this.#waiting.size === 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/**
 * Assigns a number to an event, and makes it into JSON once, for the journal and for every watcher.
 * The event shares no object with the caller's.
 *
 * @throws StoreError `INVALID_MESSAGE` for an event that no reader would accept
 */
export function numberEvent(event: SessionEvent, sessionId: string, seq: number): RecordedEvent {
  try {
    return toRecorded(event, sessionId, seq);
  } catch (cause) {
    throw toMessageError(cause);
  }
}

function toRecorded(event: SessionEvent, sessionId: string, seq: number): RecordedEvent {
  const piece = numberPiece(event, sessionId, seq);
  if (piece) return { event: piece, json: toJson(piece) };
  const numbered: NumberedEvent = { ...event, sessionId, seq };
  const copy = isPlain(numbered) ? numbered : copyEvent(numbered);
  const json = toJson(numbered);
  if (copy) return { event: copy, json };
  // JSON changes the event, or readers drop a part of it.
  const parsed = parseServerEvent(json);
  if (parsed.ok && isTooDeep(parsed.value)) throw tooDeep();
  if (parsed.ok && "seq" in parsed.value) return { event: parsed.value, json };
  const why = parsed.ok ? "It is no event of a session." : parsed.message;
  throw new StoreError("INVALID_MESSAGE", `Invalid event ${describeValue(event.type)}: ${why}`);
}

/**
 * Returns the copy of a piece of text without its rare fields: nearly every event of an answer. A
 * literal costs a tenth of a spread, and its JSON half.
 */
function numberPiece(event: SessionEvent, sessionId: string, seq: number): NumberedEvent | undefined {
  if (!isPiece(event)) return undefined;
  const { type, runId, messageId, content } = event;
  return { type, runId, messageId, content, sessionId, seq };
}

/** Recognizes a piece of text without its rare fields. */
function isPiece(event: SessionEvent): event is ChunkEvent | ThinkingEvent {
  return (event.type === "chunk" || event.type === "thinking") && isPieceOfTurn(event);
}

/** Recognizes other frequent events that are valid. They hold no object. */
function isPlain(event: NumberedEvent): boolean {
  const { type } = event;
  if (type === "tool_input") return isPieceOfTurn(event) && isText(event.callId) && isText(event.toolName);
  if (type === "tool_output") {
    return (
      isText(event.runId) && isText(event.callId) && isText(event.content) && !("taskSessionId" in event)
    );
  }
  return type === "message_done" && isText(event.runId) && isText(event.content);
}

/** Recognizes a piece of a turn without its rare fields. */
function isPieceOfTurn(event: ChunkEvent | ThinkingEvent | ToolInputEvent): boolean {
  const { firstSeq, usage, costUsd } = event;
  const isRare = firstSeq !== undefined || usage !== undefined || costUsd !== undefined;
  return !isRare && isText(event.runId) && isText(event.messageId) && isText(event.content);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
