import type { ClientEvent, Limits, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import { GatewayError, toClientError } from "./errors.ts";
import type { Lanes } from "./lanes.ts";
import { Outbox } from "./outbox.ts";
import { SessionWatch, type WatchParts } from "./session-watch.ts";

/** Whose connection it is. Sessions belong to the principal that created them. */
export interface Principal {
  /** Stable; kept as the `owner` of sessions. */
  id: string;
}

/** What the gateway needs of a socket: the standard WebSocket interface, as browsers, `ws` and others have it. */
export interface WebSocketLike {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close" | "error", listener: () => void): void;
}

export interface ConnectionParts extends WatchParts {
  store: SessionStore;
  lanes: Lanes;
  limits: Limits;
}

/** Who connects, and the key of the session that it gets. */
export interface Visitor {
  principal: Principal | undefined;
  key: string;
}

// Chosen: what a client may send ahead while its earlier frames are being worked on. More closes it with 1008.
const MAX_PENDING_FRAMES = 100;

/** One client's socket, from accept to close. Works its frames one by one, in order. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #socket: WebSocketLike;
  readonly #visitor: Visitor;
  readonly #outbox: Outbox;
  #phase: "opening" | "open" | "closed" = "opening";
  #sessionId = "";
  #watching: SessionWatch | undefined;
  #working: Promise<void>;
  #pendingFrames = 0;

  constructor(parts: ConnectionParts, socket: WebSocketLike, visitor: Visitor, onClosed: () => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#visitor = visitor;
    this.#outbox = new Outbox(socket);
    const closed = () => {
      this.#phase = "closed";
      this.#outbox.close();
      this.#watching?.close();
      onClosed();
    };
    socket.addEventListener("error", closed);
    socket.addEventListener("close", closed);
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    this.#working = this.#open();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** The session of the visitor's key is there; the client is told with `connected`. */
  async #open(): Promise<void> {
    try {
      this.#enter(await this.#parts.store.getOrCreateSession(this.#visitor.key, this.#ownership()));
    } catch (error) {
      this.#refuse(error);
      this.close(1011, "no session");
    }
  }

  #ownership(): { owner?: string } {
    const { principal } = this.#visitor;
    return principal ? { owner: principal.id } : {};
  }

  #enter({ sessionId }: SessionMeta, replyTo?: string): void {
    if (this.#phase === "closed") return;
    this.#phase = "open";
    this.#watch(sessionId);
    this.#send({ type: "connected", sessionId, limits: this.#parts.limits, ...answering(replyTo) });
  }

  #watch(sessionId: string): void {
    this.#watching?.close();
    this.#sessionId = sessionId;
    this.#watching = new SessionWatch(sessionId, this.#outbox, this.#parts);
  }

  #receive(data: unknown): void {
    if (this.#phase === "closed") return;
    if (this.#pendingFrames >= MAX_PENDING_FRAMES) {
      this.close(1008, "too many frames at once");
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
      this.#refuse(new GatewayError("INVALID_FRAME", "expected a text frame, got a binary one"));
      return;
    }
    const parsed = parseClientEvent(data);
    if (!parsed.ok) {
      this.#refuse(new GatewayError(parsed.code, parsed.message), parsed.id);
      return;
    }
    try {
      await this.#dispatch(parsed.value);
    } catch (error) {
      this.#refuse(error, parsed.value.id);
    }
  }

  async #dispatch(event: ClientEvent): Promise<void> {
    const { id: replyTo } = event;
    const { store, lanes } = this.#parts;
    switch (event.type) {
      case "ping":
        return this.#send({ type: "pong", ...answering(replyTo) });
      case "create":
        return this.#enter(await store.createSession(this.#visitor.key, this.#ownership()), replyTo);
      case "message": {
        const sessionId = await this.#sessionOf(event.sessionId ?? this.#sessionId);
        if (sessionId !== this.#sessionId) this.#watch(sessionId);
        const requestId = replyTo === undefined ? {} : { requestId: replyTo };
        const accepted = await lanes.submit(sessionId, { content: event.content, ...requestId });
        if (replyTo !== undefined) this.#send({ type: "ack", replyTo, sessionId, ...accepted });
        return;
      }
      case "abort":
        return lanes.abort(await this.#sessionOf(event.sessionId), event.runId);
      case "history": {
        const { before, limit = 50 } = event;
        const sessionId = await this.#sessionOf(event.sessionId);
        const page = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
        const found = await store.loadMessages(sessionId, page);
        const messages = found.slice(-limit);
        const hasMore = found.length > limit;
        return this.#send({ type: "history", sessionId, messages, hasMore, ...answering(replyTo) });
      }
    }
  }

  /**
   * A session id that a client names is not a permission: the session must be there and the visitor's own.
   *
   * @throws GatewayError `SESSION_NOT_FOUND`, the same for both, so that ids cannot be probed.
   */
  async #sessionOf(sessionId: string): Promise<string> {
    if (sessionId === this.#sessionId) return sessionId;
    const session = await this.#parts.store.getSession(sessionId);
    if (!session || session.owner !== this.#visitor.principal?.id) {
      throw new GatewayError("SESSION_NOT_FOUND", "sessionId: there is no such session");
    }
    return sessionId;
  }

  #refuse(error: unknown, replyTo?: string): void {
    const told = toClientError(error);
    if (told.code === "INTERNAL" || told.code === "STORE_FAILED")
      this.#parts.onFailure(error, "a client's frame");
    this.#send({ type: "error", ...told, ...answering(replyTo) });
  }

  #send(event: ServerEvent): void {
    this.#outbox.send(JSON.stringify(event));
  }
}

function answering(replyTo: string | undefined): { replyTo?: string } {
  return replyTo === undefined ? {} : { replyTo };
}
