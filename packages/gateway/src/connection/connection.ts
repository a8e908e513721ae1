import type {
  CommandErrorEvent,
  Limits,
  RecordedEvent,
  ServerEvent,
  SessionMeta,
} from "@mini-openclaw/protocol";
import type { Client, Prove } from "../auth/proof-door.ts";
import type { CommandContext, CommandDeps } from "../commands/command-context.ts";
import { enterFirstSession, runCommand } from "../commands/run-command.ts";
import { withKeys, withSessionId } from "../commands/session-by-key.ts";
import type { Observer } from "../observe/observer.ts";
import { isThenable } from "../shared/callbacks.ts";
import { GatewayError, toErrorEvent } from "../shared/errors.ts";
import type { Caller } from "../shared/principal.ts";
import { drained, isFull, type Outbox } from "../socket/outbox.ts";
import type { ClientSocket, Receiver } from "../socket/web-socket.ts";
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
import type { Authentication, Dialect, Reading, Translator } from "./dialect.ts";
import { Notices } from "./notices.ts";
import { readFrame, requireTranslator, writeEvent } from "./speaker.ts";
import { WatchedSessions } from "./watched-sessions.ts";

export interface ConnectionDeps {
  commands: CommandDeps;
  watch: WatchDeps;
  dialect: Dialect;
  /** Called when a client has proved who it is. */
  onEntered: (connection: Connection) => void;
  /** Called when a connection's socket is closed. */
  onClosed: (connection: Connection) => void;
  /** Notifies the caller's other connections that a session was deleted. */
  notifyDeleted: (session: SessionMeta, answered: object) => void;
  observer: Pick<Observer, "refusedFrame" | "cutOff">;
}

/** Parts that few connections have. One field for all of them costs an idle connection less. */
interface RareParts {
  /** Set for a client that was not known when it came. */
  readonly prove?: Prove;
  /** Created by the first command that asks for it. */
  leaving?: AbortController;
  /** Created by the first notice. */
  notices?: Notices;
}

// RFC 6455 § 7.4.1: a server going down, which is nothing that a client did.
const GOING_AWAY = 1001;

/**
 * One client's socket, from accept to close. Works its frames one by one, in order. An idle
 * connection is to cost little, so it has only what every one needs.
 */
export class Connection extends CommandSource implements CommandContext, Viewer, Outbox, Receiver {
  protected readonly deps: ConnectionDeps;
  readonly watches: WatchedSessions;
  readonly #translator: Translator;
  readonly #socket: ClientSocket;
  #caller: Caller | undefined;
  #state = newConnection;
  /** Set while frames are in progress. */
  #order: CommandOrder | undefined;
  /** Absent in most connections. */
  #rare: RareParts | undefined;

  constructor(deps: ConnectionDeps, socket: ClientSocket, client: Client) {
    super();
    const { dialect } = deps;
    this.deps = deps;
    this.#socket = socket;
    this.watches = new WatchedSessions(this);
    if ("caller" in client) {
      this.#caller = withKeys(client.caller, dialect.keyPrefix);
    } else {
      this.#rare = { prove: client.prove };
      this.#state = unprovedConnection;
    }
    this.#translator = requireTranslator(dialect.connect(new ConnectionHandle(this)));
    socket.receive(this);
    if (this.#caller) this.#order = this.#createOrder(this.#enter());
  }

  get limits(): Limits {
    const { limits } = this.deps.commands;
    const { maxFrameBytes } = this.deps.dialect;
    return maxFrameBytes === undefined ? limits : { ...limits, maxFrameBytes };
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

  /** `json` is the JSON of a recorded event. */
  send(event: ServerEvent, json?: string): void {
    if (!this.isClosed) writeEvent(this.#translator, event, json, this);
  }

  notify(sessionId: string, notice: ServerEvent): void {
    this.#rare ??= {};
    this.#rare.notices ??= new Notices(this);
    this.#rare.notices.send(sessionId, notice);
  }

  isWatching(sessionId: string): boolean {
    return this.watches.has(sessionId);
  }

  show({ event, json }: RecordedEvent): void {
    this.send(event, json);
  }

  /** Sends the text of a frame, unless the connection is closed. */
  sendText(frame: string): void {
    if (!this.isClosed) this.#socket.send(frame);
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get isFull(): boolean {
    return isFull(this);
  }

  get isClosed(): boolean {
    return this.#state.phase === "closed";
  }

  drained(): Promise<void> {
    return drained(this);
  }

  close(code: number, reason: string): void {
    this.#step({ code, reason });
  }

  requireResume(): void {
    this.close(1011, "the session could not be read");
  }

  /** Ends the socket of a client that does not answer the close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  get watchDeps(): WatchDeps {
    return this.deps.watch;
  }

  get gone(): AbortSignal {
    this.#rare ??= {};
    this.#rare.leaving ??= new AbortController();
    if (this.isClosed) this.#rare.leaving.abort();
    return this.#rare.leaving.signal;
  }

  notifyDeleted(session: SessionMeta, answered: object = this): void {
    this.deps.notifyDeleted(session, answered);
  }

  /** Lets in a client that proves who it is. Never rejects. */
  async authenticate(token: string | undefined): Promise<Authentication> {
    const prove = this.#rare?.prove;
    if (this.#caller || !prove) return { ok: true };
    const proof = await prove(token);
    if (!("caller" in proof)) return proof;
    if (this.isClosed) return { ok: false, status: 503, message: "The connection is closed." };
    this.#step("proved");
    this.#caller = withKeys(proof.caller, this.deps.dialect.keyPrefix);
    await this.#enter();
    return { ok: true };
  }

  /** Opens the session that the client begins in, if its dialect has one. Never rejects. */
  async #enter(): Promise<void> {
    if (this.isClosed) return;
    this.deps.onEntered(this);
    try {
      if (this.deps.dialect.keyPrefix === undefined) await enterFirstSession(this);
      this.#step("entered");
    } catch (error) {
      this.send(this.toErrorEvent(error));
      this.close(1011, "no session");
    }
  }

  onFrame(frame: unknown): void {
    const count = frameCount(frame);
    for (let came = 0; came < count; came += 1) this.#step("frame_came");
    if (this.isClosed) return;
    this.#order ??= this.#createOrder();
    const order = this.#order;
    order.add(() => this.#work(frame, order));
  }

  onClosed(): void {
    this.#step("gone");
    this.deps.onClosed(this);
  }

  /** Creates an order of frames, which is dropped when none is in progress. */
  #createOrder(begun?: Promise<void>): CommandOrder {
    const onIdle = () => {
      this.#order = undefined;
    };
    const onTaken = () => this.#step("frame_taken");
    return new CommandOrder({ onIdle, onTaken }, begun);
  }

  /** Handles one frame, from text to answer. Never rejects: a failure becomes an `error` event. */
  async #work(data: unknown, order: CommandOrder): Promise<void> {
    for (let taken = 1; taken < frameCount(data); taken += 1) this.#step("frame_taken");
    // A client that sends and does not read waits for itself.
    if (this.isFull) await this.drained();
    if (this.#state.phase !== "open" && this.#state.phase !== "unproved") return;
    if (typeof data !== "string") {
      this.#step("frame_taken");
      this.#refuseFrame(new GatewayError("INVALID_FRAME", "A frame must be text, got a binary frame."));
      return;
    }
    const read = readFrame(this.#translator, data, this);
    const readings = isThenable(read) ? await read : read;
    if (!readings) return this.#step("frame_taken");
    const [first, ...more] = readings;
    const command = more.length === 0 && first?.ok ? first.value : undefined;
    await order.run(command, (started) => this.#answer(readings, started));
  }

  /** Performs the commands of one frame, up to the first refused one. Never rejects. */
  async #answer(readings: readonly Reading[], started?: Promise<void>): Promise<void> {
    for (const reading of readings) if (!(await this.#perform(reading, started))) return;
  }

  /** Returns false if the command was refused. Never rejects. */
  async #perform(reading: Reading, started?: Promise<void>): Promise<boolean> {
    if (this.isClosed) return false;
    try {
      if (!reading.ok) throw new GatewayError(reading.code, reading.message);
      await runCommand(await withSessionId(reading.value, this), this, started);
      this.#step("frame_done");
      return true;
    } catch (error) {
      this.#refuseFrame(error, reading.id ?? (reading.ok ? reading.value.id : undefined));
      return false;
    }
  }

  /** Closes the connection, because frames of the dialect are missing. */
  failDialect(error: unknown): void {
    this.deps.watch.onFailure(error, "a dialect");
    this.close(1011, "the dialect failed");
  }

  /** Returns the answer to a refused command, and reports a fault of the gateway. */
  toErrorEvent(error: unknown, replyTo?: string): CommandErrorEvent {
    const event = toErrorEvent(error, replyTo, () => this.deps.watch.onFailure(error, "a client's frame"));
    this.deps.observer.refusedFrame(event.code, event.message);
    return event;
  }

  #refuseFrame(error: unknown, replyTo?: string): void {
    this.send(this.toErrorEvent(error, replyTo));
    this.#step("frame_refused");
  }

  #step(input: ConnectionInput): void {
    const before = this.#state;
    this.#state = nextConnection(before, input);
    if (this.#state.phase !== "closed" || this.#state === before) return;
    this.watches.end();
    this.#rare?.leaving?.abort();
    const { closeReason } = this.#state;
    if (!closeReason) return;
    const { code, reason } = closeReason;
    if (code !== GOING_AWAY) this.deps.observer.cutOff(this.#caller?.principal, code, reason);
    this.#socket.close(code, reason);
  }
}
