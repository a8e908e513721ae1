import {
  type AckEvent,
  type ApprovalDecision,
  type CommandErrorEvent,
  fold,
  type ResumedEvent,
  type ResyncEvent,
  type ServerEvent,
} from "@mini-openclaw/protocol";
import { createId } from "./create-id.ts";
import { ClientError, missingSession, toClientError, tooMany } from "./errors.ts";
import { Feed } from "./feed.ts";
import { OpenPromises } from "./open-promises.ts";
import * as outboxes from "./outbox.ts";
import type {
  Accepted,
  HistoryOptions,
  SendOptions,
  Session,
  SessionSnapshot,
  WatchedEvent,
} from "./session.ts";
import type { SessionLink } from "./session-link.ts";
import { SessionState } from "./session-state.ts";

/** The one implementation of {@link Session}: the rim around `fold` and the outbox's pure steps. */
export class WatchedSession implements Session {
  readonly #link: SessionLink;
  /** Named by the caller: no other one will do. Otherwise it is the one that the gateway names. */
  readonly #isNamed: boolean;
  readonly #state: SessionState;
  readonly #sends = new OpenPromises<Accepted>();
  readonly #feed = new Feed<WatchedEvent>();
  /** Of the `resume` that is not answered yet; empty when there is none. */
  #resumeId = "";
  #abortId: string | undefined;
  #closed: ClientError | undefined;

  constructor(
    link: SessionLink,
    { sessionId, isNamed }: { sessionId: string | undefined; isNamed: boolean },
  ) {
    this.#link = link;
    this.#isNamed = isNamed;
    this.#state = new SessionState(sessionId);
  }

  // Values, because they are handed on without the session, as to React's `useSyncExternalStore`.
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);
  readonly getSnapshot = (): SessionSnapshot => this.#state.value;

  get outgoingCount(): number {
    return this.#state.value.outbox.filter(({ phase }) => phase !== "accepted").length;
  }

  send(content: string, { mode }: SendOptions = {}): Promise<Accepted> {
    if (this.#link.outgoingCount() >= outboxes.MAX_OUTGOING) {
      return Promise.reject(tooMany("OUTBOX_FULL", outboxes.MAX_OUTGOING, "messages"));
    }
    return this.#submit({ id: createId(), content, mode });
  }

  sendAgain(id: string): Promise<Accepted> {
    const message = this.#state.message(id);
    if (message?.phase === "refused") {
      const { content, mode } = message;
      return this.#submit({ id, content, mode });
    }
    return Promise.reject(new ClientError("INVALID_OPTION", "id: no refused message has it"));
  }

  discard(id: string): void {
    const message = this.#state.message(id);
    if (!message || message.phase === "accepted") return;
    this.#state.change({ outbox: outboxes.removeMessage(this.#state.value.outbox, id) });
    this.#sends.reject(id, new ClientError("DISCARDED", "the message was discarded"));
  }

  abort(runId = this.#state.value.view.activeRuns[0]): void {
    const { view } = this.#state.value;
    if (runId !== undefined && view.activeRuns.includes(runId)) this.#state.change({ stopping: runId });
    this.#transmitAbort(runId);
  }

  approve(callId: string, decision: ApprovalDecision): void {
    const { sessionId } = this.#state.value;
    if (sessionId === undefined) return;
    this.#link.connection.transmit({ type: "approve", id: createId(), sessionId, callId, decision });
  }

  async retry(runId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Accepted> {
    const { sessionId } = this.#state.value;
    if (sessionId === undefined) throw missingSession();
    const answer = await this.#link.requests.ask({ type: "retry", sessionId, runId }, signal);
    return { id: answer.replyTo, runId: answer.runId };
  }

  async history({ limit = 50, signal }: HistoryOptions = {}) {
    const { sessionId, view } = this.#state.value;
    const { oldestSeq: before, hasMore } = view;
    if (sessionId === undefined || before === undefined || !hasMore) return [];
    const answer = await this.#link.requests.ask({ type: "history", sessionId, before, limit }, signal);
    const { view: present } = this.#state.value;
    // A view that began anew meanwhile, or got these from another call, has no place for them.
    if (present.oldestSeq === before) this.#state.change({ view: fold(present, answer) });
    return answer.messages;
  }

  events({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<WatchedEvent> {
    return this.#feed.open(signal);
  }

  /** Asks the gateway for what happened since, and to be shown what happens. */
  resume(): void {
    const connection = this.#link.connection.state.value;
    if (connection.phase !== "open") return this.#state.change({ phase: "syncing" });
    const { view, sessionId = connection.sessionId } = this.#state.value;
    const id = createId();
    this.#resumeId = id;
    this.#state.change({ sessionId, phase: "syncing" });
    const { epoch, lastSeq: after } = view;
    const place = epoch === undefined ? {} : { epoch, after };
    this.#link.connection.transmit({ type: "resume", id, sessionId, ...place });
  }

  /** The client watches another session from now on. */
  leave(): void {
    this.#resumeId = "";
    this.#state.change({ phase: "away" });
  }

  disconnected(): void {
    const { phase, outbox } = this.#state.value;
    this.#resumeId = "";
    this.#state.change({
      phase: phase === "live" ? "syncing" : phase,
      outbox: outboxes.requeueUnanswered(outbox),
    });
  }

  close(error: ClientError): void {
    this.#closed = error;
    this.#sends.rejectAll(error);
    this.#feed.close();
  }

  /** Takes a frame that is this session's: an event of it, or the answer to something that it asked. */
  receive(frame: ServerEvent): boolean {
    if ("seq" in frame) {
      const { phase, sessionId, view } = this.#state.value;
      if (phase === "live" && frame.sessionId === sessionId && frame.seq > view.lastSeq) this.#show(frame);
      return true;
    }
    if (frame.type === "resumed" || frame.type === "resync") {
      return frame.replyTo === this.#resumeId && this.#watching(frame);
    }
    if (frame.type === "ack") return this.#acknowledged(frame);
    return frame.type === "error" && frame.replyTo !== undefined && this.#refused(frame, frame.replyTo);
  }

  /** Sends what waits. False if it sent nothing. */
  flush(): boolean {
    const connection = this.#link.connection.state.value;
    const { phase, sessionId } = this.#state.value;
    if (connection.phase !== "open" || connection.draining) return false;
    if (sessionId === undefined || phase === "syncing" || phase === "missing") return false;
    let isSent = false;
    // Whoever hears of a change may send, discard or close meanwhile: so the outbox is looked at anew each time.
    for (let next = this.#state.nextToSend(); next; next = this.#state.nextToSend()) {
      const command = outboxes.toCommand(next, sessionId);
      const tooLong = outboxes.refuseTooLong(command, connection.limits);
      if (tooLong) this.#refuse(next.id, tooLong);
      else {
        this.#state.deliver(next.id, { phase: "sent" });
        this.#link.connection.transmit(command);
        isSent = true;
      }
    }
    return isSent;
  }

  #submit(message: outboxes.WrittenMessage): Promise<Accepted> {
    if (this.#closed) return Promise.reject(this.#closed);
    const { id } = message;
    const accepted = this.#sends.open(id);
    // The outbox shows every refusal, so nobody has to wait for the promise.
    accepted.catch(() => undefined);
    this.#state.change({ outbox: outboxes.addMessage(this.#state.value.outbox, message) });
    if (this.#state.value.phase === "missing") this.#refuse(id, missingSession());
    else this.#link.deliver();
    return accepted;
  }

  #watching(frame: ResumedEvent | ResyncEvent): boolean {
    this.#resumeId = "";
    if (frame.type === "resync") {
      this.#show(frame, "live");
    } else {
      this.#state.change({ phase: "live", view: fold(this.#state.value.view, frame) });
    }
    this.flush();
    const { stopping } = this.#state.value;
    if (stopping !== undefined) this.#transmitAbort(stopping);
    return true;
  }

  #show(frame: WatchedEvent, phase = this.#state.value.phase): void {
    const before = this.#state.value;
    const view = fold(before.view, frame);
    const shown = outboxes.shownBy(before.outbox, frame);
    const outbox = shown.size === 0 ? before.outbox : before.outbox.filter(({ id }) => !shown.has(id));
    this.#state.change({ phase, view, outbox });
    for (const [id, runId] of shown) this.#sends.resolve(id, { id, runId });
    this.#feed.push(frame);
  }

  #acknowledged({ replyTo: id, runId }: AckEvent): boolean {
    this.#state.deliver(id, { phase: "accepted", runId });
    return this.#sends.resolve(id, { id, runId });
  }

  #refused(frame: CommandErrorEvent, id: string): boolean {
    if (id === this.#resumeId) this.#cannotWatch(frame);
    else if (id === this.#abortId) this.#state.change({ stopping: undefined });
    else if (!this.#state.message(id)) return false;
    else if (frame.code === "DRAINING") {
      this.#state.deliver(id, { phase: "queued" });
      this.#link.connection.drain();
    } else this.#refuse(id, toClientError(frame));
    return true;
  }

  #cannotWatch({ retryable }: CommandErrorEvent): void {
    const { sessionId, view, outbox } = this.#state.value;
    const connection = this.#link.connection.state.value;
    this.#resumeId = "";
    if (retryable) return this.#link.connection.drop();
    // A session without lines may be gone after a restart of the gateway; another empty one is as good.
    const greetedId = connection.phase === "open" ? connection.sessionId : sessionId;
    if (!this.#isNamed && view.lastSeq === 0 && greetedId !== sessionId) {
      this.#state.change({ sessionId: greetedId });
      return this.resume();
    }
    this.#state.change({ phase: "missing" });
    for (const { id } of outbox) this.#refuse(id, missingSession());
  }

  #transmitAbort(runId: string | undefined): void {
    const { sessionId, phase } = this.#state.value;
    if (sessionId === undefined || phase !== "live") return;
    this.#abortId = createId();
    const which = runId === undefined ? {} : { runId };
    this.#link.connection.transmit({ type: "abort", id: this.#abortId, sessionId, ...which });
  }

  #refuse(id: string, refusal: ClientError): void {
    this.#state.deliver(id, { phase: "refused", refusal });
    this.#sends.reject(id, refusal);
  }
}
