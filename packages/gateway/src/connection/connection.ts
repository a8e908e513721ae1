import type {
  CommandErrorEvent,
  Limits,
  RecordedEvent,
  ServerEvent,
  SessionMeta,
} from "@mini-openclaw/protocol";
import type { Prove } from "../auth/proof-door.ts";
import type { CommandContext, CommandDeps } from "../commands/command-context.ts";
import { enterFirstSession, runCommand } from "../commands/run-command.ts";
import { withKeys, withSessionId } from "../commands/session-by-key.ts";
import type { Observer } from "../observe/observer.ts";
import { isThenable } from "../shared/callbacks.ts";
import { GatewayError, toClientError } from "../shared/errors.ts";
import type { Caller } from "../shared/principal.ts";
import { Outbox } from "../socket/outbox.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";
import type { Viewer, WatchDeps } from "../watch/session-watch.ts";
import { CommandOrder } from "./command-order.ts";
import { CommandSource } from "./command-source.ts";
import { ConnectionHandle } from "./connection-handle.ts";
import {
  type ConnectionInput,
  frameCount,
  newConnection,
  nextConnection,
  unprovedConnection,
} from "./connection-state.ts";
import type { Authentication, Dialect, Reading } from "./dialect.ts";
import { Notices } from "./notices.ts";
import { Speaker } from "./speaker.ts";
import { WatchedSessions } from "./watched-sessions.ts";

export interface ConnectionDeps {
  commands: CommandDeps;
  watch: WatchDeps;
  /** Called when a client has proved who it is. */
  onEntered: (connection: Connection) => void;
  /** Called when a connection's socket is closed. */
  onClosed: (connection: Connection) => void;
  /** Notifies the caller's other connections that a session was deleted. */
  notifyDeleted: (session: SessionMeta, answered: object) => void;
  observer: Pick<Observer, "refusedFrame" | "cutOff">;
}

/** The client of a connection: a known one, or one that proves in a frame who it is. */
export type Client = { readonly caller: Caller } | { readonly prove: Prove };

// RFC 6455 § 7.4.1: a server going down, which is nothing that a client did.
const GOING_AWAY = 1001;

/** One client's socket, from accept to close. Works its frames one by one, in order. */
export class Connection extends CommandSource implements CommandContext, Viewer {
  readonly limits: Limits;
  readonly #deps: ConnectionDeps;
  readonly #dialect: Dialect;
  readonly #client: Client;
  readonly #socket: WebSocketLike;
  readonly #outbox: Outbox;
  readonly #speaker: Speaker;
  readonly #watched: WatchedSessions;
  readonly #order: CommandOrder;
  #caller: Caller | undefined;
  #state = newConnection;
  /** There once a command has asked for it: an idle connection is to cost little. */
  #leaving: AbortController | undefined;
  /** Created by the first notice, because an idle connection is to cost little. */
  #notices: Notices | undefined;

  constructor(deps: ConnectionDeps, socket: WebSocketLike, dialect: Dialect, client: Client) {
    super(deps.commands);
    const { maxFrameBytes } = dialect;
    this.limits =
      maxFrameBytes === undefined ? deps.commands.limits : { ...deps.commands.limits, maxFrameBytes };
    this.#deps = deps;
    this.#dialect = dialect;
    this.#client = client;
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#watched = new WatchedSessions(this, deps.watch);
    this.#speaker = new Speaker(this, this.#outbox);
    if ("caller" in client) this.#caller = this.#withKeys(client.caller);
    else this.#state = unprovedConnection;
    this.#speaker.begin(() => dialect.connect(new ConnectionHandle(this)));
    socket.addEventListener("close", () => {
      this.#step("gone");
      deps.onClosed(this);
    });
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#order = new CommandOrder(this.#caller ? this.#enter() : Promise.resolve());
  }

  /** The caller. Absent until the client has proved who it is. */
  get knownCaller(): Caller | undefined {
    return this.#caller;
  }

  /** @throws GatewayError `FORBIDDEN` for a client that has not proved who it is */
  get caller(): Caller {
    if (this.#caller) return this.#caller;
    throw new GatewayError("FORBIDDEN", "The client has not proved who it is.");
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

  sendFrame(frame: string): void {
    if (!this.isClosed) this.#speaker.send(frame);
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  get isClosed(): boolean {
    return this.#state.phase === "closed";
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  close(code: number, reason: string): void {
    this.#step({ code, reason });
  }

  requireResume(): void {
    this.close(1011, "the session could not be read");
  }

  /** Ends the socket of a client that does not answer the close frame. */
  terminate(): void {
    this.#socket.terminate?.();
  }

  get watchDeps(): WatchDeps {
    return this.#deps.watch;
  }

  get sessionId(): string {
    return this.#watched.sessionId;
  }

  get gone(): AbortSignal {
    this.#leaving ??= new AbortController();
    if (this.isClosed) this.#leaving.abort();
    return this.#leaving.signal;
  }

  notifyDeleted(session: SessionMeta): void {
    this.#deps.notifyDeleted(session, this);
  }

  watch(sessionId: string, after?: number): void {
    if (!this.isClosed) this.#watched.watch(sessionId, after);
  }

  watchBeside(sessionId: string, after: number): void {
    if (!this.isClosed) this.#watched.add(sessionId, after);
  }

  ensureWatching(sessionId: string, _runId?: string, after?: number): void {
    if (!this.isClosed) this.#watched.ensure(sessionId, after);
  }

  unwatch(sessionId?: string): void {
    this.#watched.end(sessionId);
  }

  /** Lets in a client that proves who it is. Never rejects. */
  async authenticate(token: string | undefined): Promise<Authentication> {
    if (this.#caller || "caller" in this.#client) return { ok: true };
    const proof = await this.#client.prove(token);
    if (!("caller" in proof)) return proof;
    if (this.isClosed) return { ok: false, status: 503, message: "The connection is closed." };
    this.#step("proved");
    this.#caller = this.#withKeys(proof.caller);
    await this.#enter();
    return { ok: true };
  }

  #withKeys(caller: Caller): Caller {
    const { keyPrefix } = this.#dialect;
    return keyPrefix === undefined ? caller : withKeys(caller, keyPrefix);
  }

  /** Opens the session that the client begins in, if its dialect has one. Never rejects. */
  async #enter(): Promise<void> {
    this.#deps.onEntered(this);
    try {
      if (this.#dialect.keyPrefix === undefined) await enterFirstSession(this);
      this.#step("entered");
    } catch (error) {
      this.send(this.toErrorEvent(error));
      this.close(1011, "no session");
    }
  }

  #receive(data: unknown): void {
    const count = frameCount(data);
    for (let came = 0; came < count; came += 1) this.#step("frame_came");
    if (!this.isClosed) this.#order.add(() => this.#work(data));
  }

  /** Handles one frame, from text to answer. Never rejects: a failure becomes an `error` event. */
  async #work(data: unknown): Promise<void> {
    for (let taken = 1; taken < frameCount(data); taken += 1) this.#step("frame_taken");
    // A client that sends and does not read waits for itself.
    if (this.#outbox.isFull) await this.#outbox.drained();
    if (this.#state.phase !== "open" && this.#state.phase !== "unproved") return;
    if (typeof data !== "string") {
      this.#step("frame_taken");
      this.#refuseFrame(new GatewayError("INVALID_FRAME", "A frame must be text, got a binary frame."));
      return;
    }
    const read = this.#speaker.read(data);
    const readings = isThenable(read) ? await read : read;
    if (!readings) return this.#step("frame_taken");
    const all = "ok" in readings ? [readings] : readings;
    const command = all.length === 1 && all[0]?.ok ? all[0].value : undefined;
    await this.#order.run(command, () => this.#answer(all));
  }

  /** Performs the commands of one frame, up to the first refused one. Never rejects. */
  async #answer(readings: readonly Reading[]): Promise<void> {
    this.#step("frame_taken");
    for (const reading of readings) if (!(await this.#perform(reading))) return;
  }

  /** Returns false if the command was refused. Never rejects. */
  async #perform(reading: Reading): Promise<boolean> {
    if (this.isClosed) return false;
    try {
      if (!reading.ok) throw new GatewayError(reading.code, reading.message);
      await runCommand(await withSessionId(reading.value, this), this);
      this.#step("frame_done");
      return true;
    } catch (error) {
      this.#refuseFrame(error, reading.id ?? (reading.ok ? reading.value.id : undefined));
      return false;
    }
  }

  #write(event: ServerEvent, json?: string): void {
    if (!this.isClosed) this.#speaker.write(event, json);
  }

  /** Closes the connection, because frames of the dialect are missing. */
  failDialect(error: unknown): void {
    this.#deps.watch.onFailure(error, "a dialect");
    this.close(1011, "the dialect failed");
  }

  /** Returns the answer to a refused command, and reports a fault of the gateway. */
  toErrorEvent(error: unknown, replyTo?: string): CommandErrorEvent {
    const clientError = toClientError(error);
    this.#deps.observer.refusedFrame(clientError.code, clientError.message);
    if (clientError.code === "INTERNAL" || clientError.code === "STORE_FAILED") {
      this.#deps.watch.onFailure(error, "a client's frame");
    }
    return { type: "error", ...clientError, ...(replyTo !== undefined && { replyTo }) };
  }

  #refuseFrame(error: unknown, replyTo?: string): void {
    this.send(this.toErrorEvent(error, replyTo));
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
    if (code !== GOING_AWAY) this.#deps.observer.cutOff(this.#caller?.principal, code, reason);
    this.#socket.close(code, reason);
  }
}
