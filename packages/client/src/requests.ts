import type {
  ClientEvent,
  ConnectedEvent,
  CreateCommand,
  HistoryCommand,
  HistoryEvent,
  ListCommand,
  ServerEvent,
  SessionsEvent,
} from "@mini-openclaw/protocol";
import { createId } from "./create-id.ts";
import { ClientError, toClientError } from "./errors.ts";

/** A command whose answer somebody waits for, and that does no harm when it is given twice. */
type Question = CreateCommand | HistoryCommand | ListCommand;

interface Answers {
  create: ConnectedEvent;
  history: HistoryEvent;
  list: SessionsEvent;
}

const answerTypes: { [Type in Question["type"]]: Answers[Type]["type"] } = {
  create: "connected",
  history: "history",
  list: "sessions",
};

interface Pending {
  readonly command: Question;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

// Chosen. With the outbox it stays below the 100 frames that a gateway takes at once.
const MAX_PENDING = 32;

/** Questions that wait for their answers. Asked again on each new connection, until answered or given up. */
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
  async ask<Command extends Question>(
    command: Command,
    signal?: AbortSignal,
  ): Promise<Answers[Command["type"]]> {
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
      return await new Promise<Answers[Command["type"]]>((resolve, reject) => {
        const asked = { ...command, id };
        this.#pending.set(id, { command: asked, resolve, reject });
        this.#transmit(asked);
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
    if (frame.type === "error")
      pending.reject(toClientError(frame as Extract<typeof frame, { type: "error" }>));
    else if (frame.type === answerTypes[pending.command.type]) pending.resolve(frame as never);
    else return false;
    this.#pending.delete(frame.replyTo);
    return true;
  }

  /** Asks everything again: a new connection knows nothing of it. */
  resend(): void {
    for (const { command } of this.#pending.values()) this.#transmit(command);
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
