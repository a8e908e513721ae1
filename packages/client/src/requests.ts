import type {
  AckEvent,
  ClientEvent,
  ConnectedEvent,
  CreateCommand,
  ForkCommand,
  HistoryCommand,
  HistoryEvent,
  LifecycleCommand,
  ListCommand,
  RenameCommand,
  RetryCommand,
  SearchCommand,
  ServerEvent,
  SessionDeletedEvent,
  SessionSummaryEvent,
  SessionsEvent,
} from "@mini-openclaw/protocol";
import { createId } from "./create-id.ts";
import { ClientError, toClientError, tooMany } from "./errors.ts";
import { OpenPromises } from "./open-promises.ts";

/** What can be asked of a gateway about sessions, as PROTOCOL.md says. */
export type SessionQuestion =
  | ListCommand
  | SearchCommand
  | HistoryCommand
  | RenameCommand
  | ForkCommand
  | LifecycleCommand;

type Question = SessionQuestion | CreateCommand | RetryCommand;

/** The frame that answers a question of this type. */
export type AnswerTo<Type extends Question["type"]> = Type extends "create"
  ? ConnectedEvent
  : Type extends "history"
    ? HistoryEvent
    : Type extends "retry"
      ? AckEvent
      : Type extends "list" | "search"
        ? SessionsEvent
        : Type extends "delete"
          ? SessionDeletedEvent
          : SessionSummaryEvent;

interface Asked {
  readonly command: Question;
  isSent: boolean;
}

// Chosen. With the outbox it stays below the 100 frames that a gateway takes at once.
const MAX_PENDING = 32;

/** Questions that wait for their answers. Asked again on each new connection, where asking twice does no harm. */
export class Requests {
  readonly #asked = new Map<string, Asked>();
  readonly #answers = new OpenPromises<unknown>();
  readonly #transmit: (event: ClientEvent) => boolean;
  #closed: ClientError | undefined;

  constructor(transmit: (event: ClientEvent) => boolean) {
    this.#transmit = transmit;
  }

  /**
   * Resolves with the answer, as soon as there is a connection to get it on.
   *
   * @throws ClientError the gateway's code, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  async ask<Type extends Question["type"]>(
    command: Extract<Question, { type: Type }>,
    signal?: AbortSignal,
  ): Promise<AnswerTo<Type>> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    if (this.#asked.size >= MAX_PENDING) throw tooMany("TOO_MANY_REQUESTS", MAX_PENDING, "questions");
    const id = createId();
    const onAbort = () => this.#answers.reject(id, signal?.reason);
    signal?.addEventListener("abort", onAbort);
    const asked = { ...command, id };
    this.#asked.set(id, { command: asked, isSent: this.#transmit(asked) });
    try {
      return (await this.#answers.open(id)) as AnswerTo<Type>;
    } finally {
      this.#asked.delete(id);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Takes the frame if it answers a question. */
  settle(frame: ServerEvent): boolean {
    if (!("replyTo" in frame) || frame.replyTo === undefined) return false;
    return frame.type === "error"
      ? this.#answers.reject(frame.replyTo, toClientError(frame))
      : this.#answers.resolve(frame.replyTo, frame);
  }

  /** Asks everything again: a new connection knows nothing of it. */
  resend(): void {
    for (const asked of this.#asked.values()) asked.isSent = this.#transmit(asked.command);
  }

  /** What was asked on the lost connection may have been done, or not. */
  disconnected(): void {
    for (const [id, { command, isSent }] of this.#asked) {
      if (!isSent || (command.type !== "fork" && command.type !== "delete")) continue;
      this.#answers.reject(id, new ClientError("CONNECTION_LOST", "it may have been done"));
    }
  }

  close(error: ClientError): void {
    this.#closed = error;
    this.#answers.rejectAll(error);
  }
}
