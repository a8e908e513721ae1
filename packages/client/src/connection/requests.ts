import type {
  AbortCommand,
  AckEvent,
  ApproveCommand,
  ConnectedEvent,
  CreateCommand,
  EditCommand,
  ForkCommand,
  HistoryCommand,
  HistoryEvent,
  LifecycleCommand,
  ListCommand,
  MessageCommand,
  PongEvent,
  RenameCommand,
  ResumeCommand,
  ResumedEvent,
  ResyncEvent,
  RetryCommand,
  SearchCommand,
  ServerEvent,
  SessionDeletedEvent,
  SessionSummaryEvent,
  SessionsEvent,
} from "@mini-openclaw/protocol";
import { ClientError, closedError, invalidOption, toClientError, tooMany } from "../lib/errors.ts";
import { createId } from "../lib/runtime.ts";
import { Connection } from "./connection.ts";

/** A request about sessions, as PROTOCOL.md describes it. */
export type SessionRequest =
  | ListCommand
  | SearchCommand
  | HistoryCommand
  | RenameCommand
  | ForkCommand
  | LifecycleCommand;

/** A command that the gateway answers. */
export type Command =
  | SessionRequest
  | CreateCommand
  | RetryCommand
  | EditCommand
  | AbortCommand
  | ApproveCommand
  | MessageCommand
  | ResumeCommand;

/** The frame that answers a command of this type. */
export type AnswerTo<Type extends Command["type"]> = Type extends "create"
  ? ConnectedEvent
  : Type extends "history"
    ? HistoryEvent
    : Type extends "retry" | "edit" | "message"
      ? AckEvent
      : Type extends "resume"
        ? ResumedEvent | ResyncEvent
        : Type extends "list" | "search"
          ? SessionsEvent
          : Type extends "abort" | "approve"
            ? PongEvent
            : Type extends "delete"
              ? SessionDeletedEvent
              : SessionSummaryEvent;

type OfType<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export interface RequestOptions {
  signal?: AbortSignal;
}

interface Pending {
  readonly command: Command & { id: string };
  readonly onAnswer: (answer: never) => void;
  readonly onError: (error: ClientError) => void;
}

// A gateway works on at most 100 frames of a connection at once. These and the outbox stay below.
const MAX_PENDING = 32;

/** Commands without an answer, and the refusal that means that there is nothing left to do. */
const unanswered: Readonly<Record<string, string>> = {
  abort: "RUN_NOT_FOUND",
  approve: "APPROVAL_EXPIRED",
};

/**
 * A connection on which requests are answered. Repeats them after a reconnect where that is
 * harmless.
 */
export abstract class RequestConnection extends Connection {
  readonly #pending = new Map<string, Pending>();

  /**
   * Resolves with the answer, as soon as there is a connection to get it on.
   *
   * @throws ClientError the gateway's code, `CONNECTION_LOST`, `TOO_MANY_REQUESTS`, `CLOSED`; the
   * signal's reason.
   */
  ask<Type extends Command["type"]>(
    command: OfType<Type>,
    { signal }: RequestOptions = {},
  ): Promise<AnswerTo<Type>> {
    let cancel: (() => void) | undefined;
    return new Promise<AnswerTo<Type>>((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.state.value.phase === "closed") throw closedError();
      if (this.#pending.size >= MAX_PENDING) throw tooMany("TOO_MANY_REQUESTS", MAX_PENDING);
      // An id of the app's could be wrong, or one that waits already. Then no answer would come.
      const id = this.send<Type>({ ...command, id: undefined } as never, resolve, reject);
      cancel = () => {
        this.#pending.delete(id);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", cancel);
    }).finally(() => signal?.removeEventListener("abort", cancel as () => void));
  }

  /** Sends a command, now or on the next connection. Calls back before the next frame is read. */
  send<Type extends Command["type"]>(
    command: OfType<Type>,
    onAnswer: (answer: AnswerTo<Type>) => void,
    onError: (error: ClientError) => void,
  ): string {
    const { id = createId() } = command;
    const other = this.#pending.get(id)?.command as MessageCommand | undefined;
    // A message that was discarded may be sent again under its id.
    if (other && other.sessionId !== (command as MessageCommand).sessionId) {
      onError(invalidOption("`id` is in use."));
      return id;
    }
    const pending = { command: { ...command, id }, onAnswer, onError };
    // Throws now, and not with each connection, if the command cannot be JSON.
    JSON.stringify(command);
    this.#pending.set(id, pending);
    this.#post(pending);
    return id;
  }

  /** Sends everything on a new connection. */
  protected override onConnected(): void {
    for (const pending of this.#pending.values()) this.#post(pending);
  }

  /** Settles the request that the frame answers. */
  protected override onFrame(frame: ServerEvent): void {
    const { replyTo } = frame as { replyTo: string };
    const pending = this.#pending.get(replyTo);
    this.#pending.delete(replyTo);
    if (frame.type !== "error" || frame.code === unanswered[pending?.command.type as string]) {
      pending?.onAnswer(frame as never);
    } else if (pending) pending.onError(toClientError(frame));
    else this.report(toClientError(frame));
  }

  /** Rejects the requests that must not be sent twice, because the gateway may have done them. */
  protected override onLost(): void {
    // A search may take so long that the connection is lost each time.
    this.#fail(new ClientError("CONNECTION_LOST", "No answer."), /^(fork|delete|search|message|resume)$/);
  }

  override close(): void {
    super.close();
    this.#fail(closedError(), /./);
  }

  #fail(error: ClientError, types: RegExp): void {
    for (const [id, { command, onError }] of this.#pending) {
      if (types.test(command.type) && this.#pending.delete(id)) onError(error);
    }
  }

  #post({ command }: Pending): void {
    this.transmit(command);
    // A pong under the id of the command shows that the gateway has it.
    if (command.type in unanswered) this.transmit({ type: "ping", id: command.id });
  }
}
