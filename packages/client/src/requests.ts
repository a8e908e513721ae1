import type {
  ClientEvent,
  ConnectedEvent,
  CreateCommand,
  ForkCommand,
  HistoryCommand,
  HistoryEvent,
  ListCommand,
  RenameCommand,
  SearchCommand,
  ServerEvent,
  SessionActivityEvent,
  SessionDeletedEvent,
  SessionsEvent,
  ShelfCommand,
} from "@mini-openclaw/protocol";
import { createId } from "./create-id.ts";
import { ClientError, toClientError } from "./errors.ts";

/** What can be asked of a gateway about sessions, as PROTOCOL.md says. */
export type SessionQuestion =
  | ListCommand
  | SearchCommand
  | HistoryCommand
  | RenameCommand
  | ForkCommand
  | ShelfCommand;

type Question = SessionQuestion | CreateCommand;

/** The frame that answers a question of this type. */
export type AnswerTo<Type extends Question["type"]> = Type extends "create"
  ? ConnectedEvent
  : Type extends "history"
    ? HistoryEvent
    : Type extends "list" | "search"
      ? SessionsEvent
      : Type extends "delete"
        ? SessionDeletedEvent
        : SessionActivityEvent;

interface Pending {
  readonly command: Question;
  isSent: boolean;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

// Chosen. With the outbox it stays below the 100 frames that a gateway takes at once.
const MAX_PENDING = 32;

/** Questions that wait for their answers. Asked again on each new connection, where asking twice does no harm. */
export class Requests {
  readonly #pending = new Map<string, Pending>();
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
    if (this.#pending.size >= MAX_PENDING) {
      throw new ClientError("TOO_MANY_REQUESTS", `${MAX_PENDING} questions wait for their answers already.`, {
        retryable: true,
      });
    }
    const id = createId();
    const onAbort = () => this.#take(id)?.reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      return await new Promise<AnswerTo<Type>>((resolve, reject) => {
        const asked = { ...command, id };
        this.#pending.set(id, { command: asked, isSent: this.#transmit(asked), resolve, reject });
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Takes the frame if it answers a question. */
  settle(frame: ServerEvent): boolean {
    if (!("replyTo" in frame) || frame.replyTo === undefined) return false;
    const pending = this.#pending.get(frame.replyTo);
    if (!pending) return false;
    if (frame.type === "error" && !("seq" in frame)) pending.reject(toClientError(frame));
    else pending.resolve(frame as never);
    this.#pending.delete(frame.replyTo);
    return true;
  }

  /** Asks everything again: a new connection knows nothing of it. */
  resend(): void {
    for (const pending of this.#pending.values()) pending.isSent = this.#transmit(pending.command);
  }

  /** What was asked on the lost connection may have been done, or not. */
  disconnected(): void {
    const reason = "the connection was lost; whether it was done is not known";
    for (const [id, { command, isSent }] of [...this.#pending]) {
      if (!isSent || (command.type !== "fork" && command.type !== "delete")) continue;
      this.#take(id)?.reject(new ClientError("CONNECTION_LOST", reason));
    }
  }

  close(error: ClientError): void {
    this.#closed = error;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
