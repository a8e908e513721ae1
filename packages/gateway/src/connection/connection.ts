import { setTimeout as sleep } from "node:timers/promises";
import type {
  ClientEvent,
  Limits,
  RecordedEvent,
  ServerEvent,
  SessionMeta,
  SessionStore,
} from "@mini-openclaw/protocol";
import type { CommandContext, CommandDeps } from "../commands/command-context.ts";
import type { Permissions } from "../commands/permissions.ts";
import { enterFirstSession, runCommand } from "../commands/run-command.ts";
import type { Observer } from "../observe/observer.ts";
import type { SessionQueues } from "../sessions/session-queues.ts";
import { requireSync } from "../shared/callbacks.ts";
import { GatewayError, toClientError } from "../shared/errors.ts";
import type { Caller } from "../shared/principal.ts";
import { Outbox } from "../socket/outbox.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";
import { SessionWatch, type Viewer, type WatchDeps } from "../watch/session-watch.ts";
import { type ConnectionInput, newConnection, nextConnection } from "./connection-state.ts";
import type { Reading, Translator } from "./dialect.ts";
import type { Dialects } from "./dialects.ts";
import { Notices } from "./notices.ts";

export interface ConnectionDeps {
  commands: CommandDeps;
  watch: WatchDeps;
  dialects: Pick<Dialects, "connect">;
  /** Called when a connection's socket is closed. */
  onClosed: (connection: Connection) => void;
  /** Notifies the caller's other connections that a session was deleted. */
  notifyDeleted: (session: SessionMeta, answered: object) => void;
  observer: Pick<Observer, "refusedFrame" | "cutOff">;
}

// RFC 6455 § 7.4.1: a server going down, which is nothing that a client did.
const GOING_AWAY = 1001;

// Most searches are answered by then, in the order of their frames. Then later frames go on.
const SEARCH_PATIENCE_MS = 50;

/** Returns true for a command that reads many sessions, and so may be slow. */
function readsSessions({ type }: ClientEvent): boolean {
  return type === "search" || type === "list";
}

const changingTypes: ReadonlySet<string> = new Set<ClientEvent["type"]>([
  "create",
  "fork",
  "rename",
  "archive",
  "unarchive",
  "delete",
  "undelete",
]);

/** Returns true for a command that changes what a list of sessions has. */
function changesSessions({ type }: ClientEvent): boolean {
  return changingTypes.has(type);
}

/** One client's socket, from accept to close. Works its frames one by one, in order. */
export class Connection implements CommandContext, Viewer {
  readonly caller: Caller;
  readonly #deps: ConnectionDeps;
  readonly #socket: WebSocketLike;
  readonly #outbox: Outbox;
  readonly #translator: Translator;
  #state = newConnection;
  /** The session that was watched last, and its watch while it lasts. */
  #view: { sessionId: string; watch?: SessionWatch } = { sessionId: "" };
  /** There once a command has asked for it: an idle connection is to cost little. */
  #leaving: AbortController | undefined;
  /** The last command, and the last one that reads many sessions while it is not answered. */
  readonly #last: { command: Promise<void>; search?: Promise<void> | undefined };
  /** Created by the first notice, because an idle connection is to cost little. */
  #notices: Notices | undefined;

  constructor(deps: ConnectionDeps, socket: WebSocketLike, caller: Caller) {
    this.caller = caller;
    this.#deps = deps;
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#translator = deps.dialects.connect(socket.protocol);
    socket.addEventListener("close", () => this.#closed());
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#last = { command: this.#open() };
  }

  send(event: ServerEvent): void {
    this.#write(event);
  }

  notify(sessionId: string, notice: ServerEvent): void {
    this.#notices ??= new Notices(this);
    this.#notices.send(sessionId, notice);
  }

  show({ event, json }: RecordedEvent): void {
    this.#write(event, json);
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  requireResume(): void {
    this.close(1011, "the session could not be read");
  }

  close(code: number, reason: string): void {
    this.#step({ code, reason });
  }

  /** Ends the socket of a client that does not answer the close frame. */
  terminate(): void {
    this.#socket.terminate?.();
  }

  get store(): SessionStore {
    return this.#deps.commands.store;
  }

  get queues(): SessionQueues {
    return this.#deps.commands.queues;
  }

  get permissions(): Permissions {
    return this.#deps.commands.permissions;
  }

  get limits(): Limits {
    return this.#deps.commands.limits;
  }

  get sessionId(): string {
    return this.#view.sessionId;
  }

  get gone(): AbortSignal {
    this.#leaving ??= new AbortController();
    return this.#leaving.signal;
  }

  awaitsApproval(sessionId: string): boolean {
    return this.#deps.commands.awaitsApproval(sessionId);
  }

  holdLive(sessionId: string): () => void {
    return this.#deps.commands.holdLive(sessionId);
  }

  notifyChanged(session: SessionMeta, since: number): void {
    this.#deps.commands.notifyChanged(session, since);
  }

  notifyDeleted(session: SessionMeta): void {
    this.#deps.notifyDeleted(session, this);
  }

  watch(sessionId: string, after?: number): void {
    this.unwatch();
    if (this.#state.phase === "closed") return;
    this.#view = { sessionId, watch: new SessionWatch(sessionId, this, this.#deps.watch, after) };
  }

  ensureWatching(sessionId: string): void {
    if (!this.#view.watch || sessionId !== this.#view.sessionId) this.watch(sessionId);
  }

  unwatch(): void {
    const { sessionId, watch } = this.#view;
    watch?.close();
    this.#view = { sessionId };
  }

  #closed(): void {
    this.#step("gone");
    this.#deps.onClosed(this);
  }

  async #open(): Promise<void> {
    try {
      await enterFirstSession(this);
      this.#step("entered");
    } catch (error) {
      this.#refuse(error);
      this.close(1011, "no session");
    }
  }

  #receive(data: unknown): void {
    this.#step("frame_came");
    if (this.#state.phase === "closed") return;
    this.#last.command = this.#last.command.then(() => this.#work(data));
  }

  /** Handles one frame, from text to answer. Never rejects: a failure becomes an `error` event. */
  async #work(data: unknown): Promise<void> {
    // A client that sends and does not read waits for itself.
    if (this.#outbox.isFull) await this.#outbox.drained();
    if (this.#state.phase !== "open") return;
    if (typeof data !== "string") {
      this.#step("frame_taken");
      this.#refuseFrame(new GatewayError("INVALID_FRAME", "A frame must be text, got a binary frame."));
      return;
    }
    const reading = this.#read(data);
    if (!reading) return this.#step("frame_taken");
    if (reading.ok && readsSessions(reading.value)) return this.#search(reading);
    // Earlier lists and searches find the sessions as they were then.
    if (reading.ok && changesSessions(reading.value)) await this.#last.search;
    await this.#answer(reading);
  }

  /** Answers after earlier searches. Resolves soon, so that frames do not wait for a slow one. */
  async #search(reading: Reading): Promise<void> {
    const before = this.#last.search;
    const answered = (before ?? Promise.resolve()).then(() => this.#answer(reading));
    this.#last.search = answered;
    const done = answered.then(() => {
      if (this.#last.search === answered) this.#last.search = undefined;
    });
    // A search counts as waiting until it begins, so that the number of searches is limited.
    if (!before) await Promise.race([done, sleep(SEARCH_PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Never rejects. */
  async #answer(reading: Reading): Promise<void> {
    this.#step("frame_taken");
    if (this.#state.phase !== "open") return;
    try {
      if (!reading.ok) throw new GatewayError(reading.code, reading.message);
      await runCommand(reading.value, this);
      this.#step("frame_done");
    } catch (error) {
      this.#refuseFrame(error, reading.id);
    }
  }

  #read(frame: string): Reading | undefined {
    try {
      return requireSync(this.#translator.read(frame), "read");
    } catch (error) {
      this.#failDialect(error);
      return undefined;
    }
  }

  #write(event: ServerEvent, json?: string): void {
    if (this.#state.phase === "closed") return;
    try {
      const frames = requireSync(this.#translator.write(event, json), "write");
      if (typeof frames === "string") this.#outbox.send(frames);
      else for (const frame of frames) this.#outbox.send(frame);
    } catch (error) {
      this.#failDialect(error);
    }
  }

  /** Closes the connection, because frames of the dialect are missing. */
  #failDialect(error: unknown): void {
    this.#deps.watch.onFailure(error, "a dialect");
    this.close(1011, "the dialect failed");
  }

  #refuseFrame(error: unknown, replyTo?: string): void {
    this.#refuse(error, replyTo);
    this.#step("frame_refused");
  }

  #step(input: ConnectionInput): void {
    const before = this.#state;
    this.#state = nextConnection(before, input);
    if (this.#state.phase !== "closed" || this.#state === before) return;
    // At once, because the close frame takes long to reach a client that does not read.
    this.#outbox.close();
    this.unwatch();
    this.#leaving?.abort();
    const { closeReason } = this.#state;
    if (!closeReason) return;
    const { code, reason } = closeReason;
    if (code !== GOING_AWAY) this.#deps.observer.cutOff(this.caller.principal, code, reason);
    this.#socket.close(code, reason);
  }

  #refuse(error: unknown, replyTo?: string): void {
    const clientError = toClientError(error);
    this.#deps.observer.refusedFrame(clientError.code, clientError.message);
    if (clientError.code === "INTERNAL" || clientError.code === "STORE_FAILED") {
      this.#deps.watch.onFailure(error, "a client's frame");
    }
    this.send({ type: "error", ...clientError, ...(replyTo !== undefined && { replyTo }) });
  }
}
