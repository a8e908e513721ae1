import type { MessageCommand, RunEndEntry } from "@mini-openclaw/protocol";
import type { RequestConnection } from "../connection/requests.ts";
import { ClientError, invalidOption, tooMany } from "../lib/errors.ts";
import { addMessage, MAX_OUTGOING, refuseTooLong, removeMessage, type WrittenMessage } from "./outbox.ts";
import type { Accepted } from "./session.ts";
import { SessionState } from "./session-state.ts";

interface Waiter {
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: ClientError) => void;
}

/** The parts of the client that a session uses. */
export interface SessionHost extends RequestConnection {
  /** The number of messages in all sessions that the gateway does not have yet. */
  readonly outgoingCount: number;
  /** Sends what waits in a session, and keeps the watch of the gateway where it is. */
  deliver(session: SendingSession): void;
  /** Watches a session from now on. */
  watch(session: SendingSession): void;
  /** Removes a session that has ended. */
  forget(session: SendingSession): void;
}

// The pause after which a full queue of the gateway probably has room again.
const FULL_QUEUE_MS = 500;

/** A session that sends its messages one after another, so that none overtakes another. */
export class SendingSession extends SessionState {
  declare protected readonly host: SessionHost;
  readonly #waiters = new Map<string, Waiter[]>();
  /** Cancels the pause for a full queue of the gateway. Absent while there is none. */
  #cancelPause: (() => void) | undefined;
  /** The reason why every message is refused from now on. */
  #ended: ClientError | undefined;

  constructor(host: SessionHost, sessionId: string | undefined) {
    super(sessionId, host.failed("listener"));
    this.host = host;
  }

  /** Sends a message. Calls back before the next event, and for the same id together. */
  submit(message: WrittenMessage, resolve: Waiter["resolve"], reject: Waiter["reject"]): void {
    const { id, content } = message;
    const waiting = this.#waiters.get(id);
    if (waiting) return void waiting.push({ resolve, reject });
    try {
      if (this.host.outgoingCount >= MAX_OUTGOING) throw tooMany("OUTBOX_FULL", MAX_OUTGOING);
      // The gateway does not answer under an id that is not one.
      if (typeof content !== "string" || typeof id !== "string" || !id || id.length > 128) {
        throw invalidOption("`content` must be a string, `id` 1 to 128 long.");
      }
      // Throws now, and not when it is sent, if the files cannot be JSON.
      JSON.stringify(message);
    } catch (error) {
      return reject(error as ClientError);
    }
    this.#waiters.set(id, [{ resolve, reject }]);
    this.change({ outbox: addMessage(this.value.outbox, message) });
    if (this.#ended) this.#refuse(id, this.#ended);
    else this.host.deliver(this);
  }

  discard(id: string): void {
    const message = this.message(id);
    if (!message || message.phase === "accepted") return;
    this.change({ outbox: removeMessage(this.value.outbox, id) });
    for (const { reject } of this.#take(id)) reject(new ClientError("DISCARDED", "Discarded."));
  }

  /** Sends the oldest message that waits. Returns false if it sent none. */
  flush(): boolean {
    const connection = this.host.state.value;
    const { phase, outbox, sessionId = (connection as { sessionId: string }).sessionId } = this.value;
    const next = outbox.find((message) => message.phase === "sent" || message.phase === "queued");
    if (phase !== "live" && phase !== "away") return false;
    if (next?.phase !== "queued" || this.#cancelPause) return false;
    if (connection.phase !== "open" || connection.draining) return false;
    const { id, content, blocks, mode } = next;
    const command = { type: "message", id, sessionId, content, blocks, mode } as MessageCommand;
    const tooLong = refuseTooLong(command, connection.limits);
    if (tooLong) {
      this.#refuse(id, tooLong);
      return this.flush();
    }
    this.deliver(id, { phase: "sent" }, sessionId);
    this.host.send<"message">(
      command,
      ({ runId, runEnd }) => {
        this.deliver(id, { phase: "accepted", runId });
        this.accepted(id, runId, runEnd);
        this.host.deliver(this);
      },
      (error) => this.#failed(id, error),
    );
    return true;
  }

  /** Settles the promise of a message that the gateway has. */
  protected accepted(id: string, runId: string, runEnd?: RunEndEntry): void {
    for (const { resolve } of this.#take(id)) resolve({ id, runId, runEnd });
  }

  /** Refuses everything that waits, and every later message. */
  protected refuseAll(error: ClientError): void {
    this.#ended = error;
    this.#cancelPause?.();
    for (const { id, phase } of this.value.outbox) if (phase !== "accepted") this.#refuse(id, error);
  }

  #failed(id: string, error: ClientError): void {
    const { code } = error;
    const isRepeat = code === "CONNECTION_LOST";
    if (isRepeat || code === "DRAINING" || code === "QUEUE_FULL") {
      this.deliver(id, { phase: "queued", isRepeat });
      if (code === "DRAINING") this.host.drain();
      if (code === "QUEUE_FULL") {
        this.#cancelPause = this.host.after(FULL_QUEUE_MS, () => {
          this.#cancelPause = undefined;
          this.host.deliver(this);
        });
      }
    } else {
      this.#refuse(id, error);
      this.host.deliver(this);
    }
  }

  #refuse(id: string, refusal: ClientError): void {
    this.deliver(id, { phase: "refused", refusal });
    for (const { reject } of this.#take(id)) reject(refusal);
  }

  #take(id: string): Waiter[] {
    const waiters = this.#waiters.get(id) ?? [];
    this.#waiters.delete(id);
    return waiters;
  }
}
