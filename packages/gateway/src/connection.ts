import type { Limits, Numbered, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { CommandContext, CommandParts } from "./command-context.ts";
import { enterFirstSession, runCommand } from "./commands.ts";
import type { Reading, Translator } from "./dialect.ts";
import type { Dialects } from "./dialects.ts";
import { GatewayError, toClientError } from "./errors.ts";
import type { Lanes } from "./lanes.ts";
import type { Observer } from "./observe/observer.ts";
import { Outbox } from "./outbox.ts";
import type { Permissions } from "./permissions.ts";
import { SessionWatch, type Viewer, type WatchParts } from "./session-watch.ts";
import type { Visitor } from "./visitor.ts";

/** What the gateway needs of a socket: the standard WebSocket interface, as browsers, `ws` and others have it. */
export interface WebSocketLike {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  /** The subprotocol that was chosen; absent or empty: none. It says which dialect the client speaks. */
  readonly protocol?: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  /** After an `error` comes a `close`, as the standard says. */
  addEventListener(type: "close" | "error", listener: () => void): void;
}

export interface ConnectionParts extends CommandParts, WatchParts {
  dialects: Pick<Dialects, "connect">;
  /** Hears when a connection's socket is gone. */
  onClosed: (connection: Connection) => void;
  /** Tells the visitor's connections that a session is gone, but for the one that was answered so. */
  tellDeleted: (session: SessionMeta, answered: object) => void;
  observer: Pick<Observer, "refusedFrame" | "cutOff">;
}

// Chosen: what a client may send ahead while its earlier frames are being worked on. More closes it with 1008.
const MAX_PENDING_FRAMES = 100;

// Chosen: a client that is refused this often in a row does not read the answers. Then 1008.
const MAX_REFUSED_FRAMES = 100;

/** One client's socket, from accept to close. Works its frames one by one, in order. */
export class Connection implements CommandContext, Viewer {
  readonly visitor: Visitor;
  readonly #parts: ConnectionParts;
  readonly #socket: WebSocketLike;
  readonly #outbox: Outbox;
  readonly #translator: Translator;
  #phase: "opening" | "open" | "closed" = "opening";
  #sessionId = "";
  #watching: SessionWatch | undefined;
  #working: Promise<void>;
  #pendingFrames = 0;
  #refusedFrames = 0;

  constructor(parts: ConnectionParts, socket: WebSocketLike, visitor: Visitor) {
    this.visitor = visitor;
    this.#parts = parts;
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#translator = parts.dialects.connect(socket.protocol);
    socket.addEventListener("close", () => this.#closed());
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#working = this.#open();
  }

  send(event: ServerEvent): void {
    this.#write(event);
  }

  show({ event, json }: Numbered): void {
    this.#write(event, json);
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  close(code: number, reason: string): void {
    this.#phase = "closed";
    this.#socket.close(code, reason);
  }

  get store(): SessionStore {
    return this.#parts.store;
  }

  get lanes(): Lanes {
    return this.#parts.lanes;
  }

  get permissions(): Permissions {
    return this.#parts.permissions;
  }

  get limits(): Limits {
    return this.#parts.limits;
  }

  get sessionId(): string {
    return this.#sessionId;
  }

  touch(sessionId: string): void {
    this.#parts.touch(sessionId);
  }

  tellDeleted(session: SessionMeta): void {
    this.#parts.tellDeleted(session, this);
  }

  watch(sessionId: string, after?: number): void {
    this.unwatch();
    if (this.#phase === "closed") return;
    this.#sessionId = sessionId;
    this.#watching = new SessionWatch(sessionId, this, this.#parts, after);
  }

  unwatch(): void {
    this.#watching?.close();
  }

  #closed(): void {
    this.#phase = "closed";
    this.#outbox.close();
    this.unwatch();
    this.#parts.onClosed(this);
  }

  async #open(): Promise<void> {
    try {
      await enterFirstSession(this);
      if (this.#phase === "opening") this.#phase = "open";
    } catch (error) {
      this.#refuse(error);
      this.#cutOff(1011, "no session");
    }
  }

  #receive(data: unknown): void {
    if (this.#phase === "closed") return;
    if (this.#pendingFrames >= MAX_PENDING_FRAMES) {
      this.#cutOff(1008, "too many frames at once");
      return;
    }
    this.#pendingFrames += 1;
    this.#working = this.#working.then(() => this.#work(data));
  }

  /** One frame, from text to answer. Never rejects: a failure becomes an `error` event. */
  async #work(data: unknown): Promise<void> {
    // A client that sends and does not read waits for itself.
    if (this.#outbox.isFull) await this.#outbox.drained();
    this.#pendingFrames -= 1;
    if (this.#phase !== "open") return;
    if (typeof data !== "string") {
      this.#refuseFrame(new GatewayError("INVALID_FRAME", "expected a text frame, got a binary one"));
      return;
    }
    const reading = this.#read(data);
    if (!reading) return;
    try {
      if (!reading.ok) throw new GatewayError(reading.code, reading.message);
      await runCommand(reading.value, this);
      this.#refusedFrames = 0;
    } catch (error) {
      this.#refuseFrame(error, reading.id);
    }
  }

  #read(frame: string): Reading | undefined {
    try {
      return this.#translator.read(frame);
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  #write(event: ServerEvent, json?: string): void {
    if (this.#phase === "closed") return;
    try {
      const frames = this.#translator.write(event, json);
      if (typeof frames === "string") this.#outbox.send(frames);
      else for (const frame of frames) this.#outbox.send(frame);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** A dialect that failed: what it should have said is missing, and the client must not take the rest for all. */
  #giveUp(error: unknown): void {
    this.#parts.onFailure(error, "a dialect");
    this.close(1011, "the dialect failed");
  }

  #refuseFrame(error: unknown, replyTo?: string): void {
    this.#refuse(error, replyTo);
    this.#refusedFrames += 1;
    if (this.#refusedFrames >= MAX_REFUSED_FRAMES) this.#cutOff(1008, "too many refused frames in a row");
  }

  #cutOff(code: number, reason: string): void {
    this.#parts.observer.cutOff(this.visitor.principal, code, reason);
    this.close(code, reason);
  }

  #refuse(error: unknown, replyTo?: string): void {
    const told = toClientError(error);
    this.#parts.observer.refusedFrame(told.code, told.message);
    if (told.code === "INTERNAL" || told.code === "STORE_FAILED") {
      this.#parts.onFailure(error, "a client's frame");
    }
    this.send({ type: "error", ...told, ...(replyTo !== undefined && { replyTo }) });
  }
}
