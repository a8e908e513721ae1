import {
  type AbortCommand,
  type AckEvent,
  type ApprovalDecision,
  type ApproveCommand,
  fold,
  type HistoryCommand,
  type NumberedEvent,
  type ResumeCommand,
  type ResumedEvent,
  type ResyncEvent,
} from "@mini-openclaw/protocol";
import type { AnswerTo, Command, RequestOptions } from "../connection/requests.ts";
import { type ClientError, invalidOption, missingSession } from "../lib/errors.ts";
import { EventStream } from "../lib/event-stream.ts";
import { createId, ignorable } from "../lib/runtime.ts";
import { shownBy, type WrittenMessage } from "./outbox.ts";
import { SendingSession, type SessionHost } from "./sending-session.ts";
import type {
  Accepted,
  HistoryOptions,
  SendOptions,
  Session,
  SessionSnapshot,
  WatchedEvent,
} from "./session.ts";

type SessionCommand = Extract<Command, { type: "abort" | "approve" | "retry" | "edit" | "history" }>;

/** The one implementation of {@link Session}. */
export class WatchedSession extends SendingSession implements Session {
  /** True if the caller named it: no other session will do. */
  readonly #isNamed: boolean;
  readonly #stream = new EventStream<WatchedEvent>();
  /** The latest `resume`. Empty after a pause: its answer counts no longer then. */
  #resumeId = "";

  constructor(host: SessionHost, sessionId: string | undefined) {
    super(host, sessionId);
    this.#isNamed = sessionId !== undefined;
  }

  send(content: string, { id, ...options }: SendOptions = {}): Promise<Accepted> {
    return this.#submit({ ...options, id: id ?? createId(), content, isRepeat: id !== undefined });
  }

  ask(
    content: string,
    { signal, id = createId(), ...options }: SendOptions & { signal?: AbortSignal } = {},
  ): AsyncIterableIterator<WatchedEvent> {
    let ownRun: string | undefined;
    const events = this.#stream.open(signal, (event) => {
      const isOwn = "runId" in event && event.runId === ownRun;
      if ("seq" in event) return isOwn && event.type === "run_end" ? "last" : isOwn;
      if (!ownRun) return false;
      return isOwn || event.queued?.some(({ runId }) => runId === ownRun) || "last";
    });
    if (signal?.aborted) return events;
    this.host.watch(this);
    this.submit(
      { ...options, id, content },
      ({ runId, runEnd }) => {
        ownRun = runId;
        if (!runEnd) return;
        events.push({ sessionId: this.value.sessionId as string, ...runEnd });
        events.end();
      },
      (error) => events.end({ error }),
    );
    return events;
  }

  sendAgain(id: string): Promise<Accepted> {
    const message = this.message(id);
    if (message?.phase === "refused") return this.#submit({ ...message, isRepeat: false });
    return ignorable(Promise.reject(invalidOption("`id` must be of a refused message.")));
  }

  abort(runId = this.value.view.activeRuns[0]): Promise<void> {
    if (this.value.view.activeRuns.includes(runId as string)) this.change({ stopping: runId });
    return ignorable(
      this.#ask<"abort">({ type: "abort", runId } as AbortCommand).then(
        () => {},
        (error: unknown) => {
          this.change({ stopping: undefined });
          throw error;
        },
      ),
    );
  }

  approve(callId: string, decision: ApprovalDecision, runId = this.value.view.activeRuns[0]): Promise<void> {
    // JSON leaves out what is undefined.
    const approve = { type: "approve", runId, callId, decision } as ApproveCommand;
    return ignorable(this.#ask<"approve">(approve).then(() => {}));
  }

  retry(runId: string, options?: RequestOptions): Promise<Accepted> {
    return this.#start<"retry">({ type: "retry", runId }, options);
  }

  edit(messageId: string, content: string, options?: RequestOptions): Promise<Accepted> {
    return this.#start<"edit">({ type: "edit", messageId, content }, options);
  }

  async history({ limit, ...options }: HistoryOptions = {}) {
    const { oldestSeq: before, hasMore } = this.value.view;
    if (!hasMore) return [];
    const answer = await this.#ask<"history">({ type: "history", before, limit } as HistoryCommand, options);
    const { view } = this.value;
    // The view may have started over meanwhile, or have these messages from another call.
    if (view.oldestSeq === before) this.change({ view: fold(view, answer) });
    return answer.messages;
  }

  events({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<WatchedEvent> {
    return this.#stream.open(signal);
  }

  /** Asks the gateway for what happened since, and to be shown what happens. */
  resume(): void {
    const connection = this.host.state.value;
    this.change({ phase: "syncing" });
    if (connection.phase !== "open") return;
    const { view, sessionId = connection.sessionId } = this.value;
    this.change({ sessionId });
    const { epoch, lastSeq } = view;
    const id = createId();
    this.#resumeId = id;
    this.host.send<"resume">(
      // JSON leaves out what is undefined.
      { type: "resume", id, sessionId, epoch, after: epoch && lastSeq } as ResumeCommand,
      (answer) => id === this.#resumeId && this.#watching(answer),
      (error) => id === this.#resumeId && this.#cannotWatch(error),
    );
  }

  /** Stops showing events: the client watches another session, or the connection is lost. */
  pause(phase: SessionSnapshot["phase"]): void {
    this.#resumeId = "";
    this.change({ phase });
  }

  /** Ends for good: refuses everything that waits, and ends all iterations. */
  end(phase: "missing" | "closed", error: ClientError): void {
    this.pause(phase);
    this.refuseAll(error);
    this.#stream.close(error);
    this.host.forget(this);
  }

  /** Shows an event of this session. */
  receive(event: NumberedEvent): void {
    const { phase, sessionId, view } = this.value;
    if (phase === "live" && event.sessionId === sessionId && event.seq > view.lastSeq) this.#show(event);
  }

  #submit(message: WrittenMessage): Promise<Accepted> {
    return ignorable(new Promise((resolve, reject) => this.submit(message, resolve, reject)));
  }

  /** Sends a command of this session. */
  async #ask<Type extends SessionCommand["type"]>(
    command: Omit<Extract<SessionCommand, { type: Type }>, "sessionId">,
    options?: RequestOptions,
  ): Promise<AnswerTo<Type>> {
    const { sessionId } = this.value;
    if (sessionId === undefined) throw missingSession();
    return this.host.ask<Type>({ ...command, sessionId } as never, options);
  }

  /** Sends a command that starts a run. */
  async #start<Type extends "retry" | "edit">(
    command: Omit<Extract<SessionCommand, { type: Type }>, "sessionId">,
    options?: RequestOptions,
  ): Promise<Accepted> {
    const { replyTo: id, runId } = (await this.#ask<Type>(command, options)) as AckEvent;
    return { id, runId };
  }

  #watching(frame: ResumedEvent | ResyncEvent): void {
    if (frame.type === "resync") this.#show(frame, "live");
    else this.change({ phase: "live", view: fold(this.value.view, frame) });
    this.flush();
  }

  #show(frame: WatchedEvent, phase = this.value.phase): void {
    const before = this.value;
    const view = fold(before.view, frame);
    const shown = shownBy(before.outbox, frame);
    const outbox = shown.size === 0 ? before.outbox : before.outbox.filter(({ id }) => !shown.has(id));
    this.change({ phase, view, outbox });
    for (const [id, runId] of shown) this.accepted(id, runId);
    this.#stream.push(frame);
  }

  #cannotWatch(error: ClientError): void {
    if (error.retryable) return this.host.drop();
    if (this.#isNamed || this.value.view.lastSeq > 0) return this.end("missing", error);
    // Another empty session is as good. The client resumes it, as after every `create`.
    this.host.send<"create">(
      { type: "create" },
      ({ sessionId }) => this.change({ sessionId }),
      () => this.end("missing", error),
    );
  }
}
