import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Limits } from "@mini-openclaw/protocol";
import { defaultLimits } from "@mini-openclaw/protocol";
import { attachedAccess } from "./access.ts";
import { Activity } from "./activity.ts";
import { Admission } from "./admission.ts";
import { Connection, type ConnectionParts, type WebSocketLike } from "./connection.ts";
import { type ConnectionLimits, resolveConnectionLimits } from "./connection-limits.ts";
import { Dialects } from "./dialects.ts";
import { attachedDoor, attachedHttpDoor, type Door } from "./door.ts";
import { GatewayError } from "./errors.ts";
import type {
  AttachOptions,
  CloseOptions,
  GatewayOptions,
  HandleRequestOptions,
  UpgradeSource,
} from "./gateway-options.ts";
import { HttpDialect, type HttpDoor } from "./http/http-dialect.ts";
import type { Health, Readiness } from "./http-routes.ts";
import { Lanes } from "./lanes.ts";
import { type Listener, type ListenOptions, listen } from "./listen.ts";
import { Observer } from "./observe/observer.ts";
import { Permissions } from "./permissions.ts";
import { Places } from "./places.ts";
import { createEventSource } from "./read-events.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import {
  followRun,
  type RetrySubmission,
  type Submission,
  type SubmitParts,
  type Submitted,
} from "./submit.ts";
import { addressOf } from "./token.ts";
import type { Principal, Visitor } from "./visitor.ts";
import { Watchers } from "./watchers.ts";
import { createUpgrade } from "./ws-server.ts";

/**
 * Owns connections, lanes and watchers; knows the store and the agent only as ports.
 *
 * Give it a port of its own with `listen`, or let it live beside an app with `attach`, `handleUpgrade` or `accept`.
 */
export class GatewayServer {
  readonly #connections = new Set<Connection>();
  readonly #watchers = new Watchers();
  readonly #lanes: Lanes;
  readonly #places: Places;
  readonly #limits: Limits;
  readonly #dialects: Dialects;
  readonly #connectionParts: ConnectionParts;
  readonly #submitParts: SubmitParts;
  readonly #options: GatewayOptions;
  readonly #connectionLimits: ConnectionLimits;
  readonly #attachedDoor: Door;
  readonly #attachedHttpDoor: HttpDoor;
  readonly #http: HttpDialect;
  readonly #admission: Admission;
  readonly #observer: Observer;
  readonly #onFailure: (error: unknown, during: string) => void;
  readonly #startedAt = performance.now();
  readonly #detach = new Set<() => void>();
  #listener: Listener | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    const { store, agent, limits, abortGraceMs = 5000, idleMs = 30_000 } = options;
    const { maxContextMessages = agent.neededMessages ?? 50 } = options;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...limits };
    this.#dialects = new Dialects(options.dialects);
    this.#observer = new Observer(this, options);
    this.#onFailure = (error, during) => this.#observer.failed(error, during);
    this.#connectionLimits = resolveConnectionLimits(options.connections);
    const access = attachedAccess(options);
    this.#attachedDoor = attachedDoor(access);
    this.#attachedHttpDoor = attachedHttpDoor(access);
    this.#admission = this.#createAdmission();
    const permissions = new Permissions(options.authorize);
    const activity = new Activity({
      store,
      permissions,
      isRunning: (sessionId) => this.#lanes.has(sessionId),
      connections: this.#connections,
      onFailure: this.#onFailure,
    });
    const touch = (sessionId: string) => activity.touch(sessionId);
    this.#places = new Places(options.maxRuns);
    this.#lanes = new Lanes(
      {
        store,
        agent,
        places: this.#places,
        maxContextMessages,
        abortGraceMs,
        idleMs,
        publish: (recorded) => {
          this.#watchers.publish(recorded);
          this.#observer.published(recorded);
        },
        onFailure: this.#onFailure,
        touch,
        now: Date.now,
      },
      this.#limits,
    );
    this.#submitParts = { store, lanes: this.#lanes, watchers: this.#watchers };
    this.#connectionParts = {
      store,
      lanes: this.#lanes,
      permissions,
      dialects: this.#dialects,
      watchers: this.#watchers,
      touch,
      tellDeleted: (session, answered) => activity.deleted(session, answered),
      onClosed: (connection) => {
        if (this.#connections.delete(connection)) this.#observer.disconnected(connection.visitor.principal);
      },
      readEvents: createEventSource(store, this.#lanes),
      limits: this.#limits,
      observer: this.#observer,
      onSlow: (sessionId) => this.#observer.slowWatcher(sessionId),
      onFailure: this.#onFailure,
    };
    this.#http = this.#createHttp();
  }

  /**
   * Opens a port of its own, with the health endpoints and whatever `serve` answers.
   *
   * @throws GatewayError `TOKEN_REQUIRED` beyond loopback without a token of at least 32 bytes; `PORT_UNAVAILABLE`;
   * `INVALID_OPTION` when it listens already.
   */
  async listen(options: ListenOptions = {}): Promise<{ host: string; port: number }> {
    if (this.#listener || this.#closing)
      throw new GatewayError("INVALID_OPTION", "The gateway listened already.");
    this.#listener = await listen(options, this.#options, {
      health: () => this.health(),
      readiness: () => this.readiness(),
      upgrade: (request, socket, head, door) => this.#admission.admit(request, socket, head, door),
      answer: (request, response, door) => this.#http.handle(request, response, "/", door),
      maxConnections: this.#connectionLimits.maxConnections,
      onRefused: (refusal, request) => this.#observer.refusedRequest(refusal, addressOf(request)),
      onFailure: this.#onFailure,
    });
    this.#observer.listening(this.#listener.address, options.token);
    return this.#listener.address;
  }

  /** Takes the upgrades of one path on an app's server and no others. Returns what ends that. */
  attach(server: UpgradeSource, { path }: AttachOptions): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split("?", 1)[0] === path) this.handleUpgrade(request, socket, head);
      // An upgrade that nobody takes would hang; with other listeners there, one of them may.
      else if (server.listenerCount("upgrade") === 1)
        refuseUpgrade(socket, { status: 404, reason: "Nothing takes upgrades here." });
    };
    server.on("upgrade", onUpgrade);
    const detach = () => {
      server.off("upgrade", onUpgrade);
      this.#detach.delete(detach);
    };
    this.#detach.add(detach);
    return detach;
  }

  /** Takes one upgrade, for apps that route upgrades themselves. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#admission.admit(request, socket, head, this.#attachedDoor);
  }

  /**
   * Answers the requests of PROTOCOL.md, “Over HTTP”, whose path is the gateway's under `path`, and returns true; leaves any other
   * alone and returns false. For `node:http` and what is built on it.
   */
  handleRequest(
    request: IncomingMessage,
    response: ServerResponse,
    { path = "/" }: HandleRequestOptions = {},
  ): boolean {
    return this.#http.handle(request, response, path, this.#attachedHttpDoor);
  }

  /** Takes an open WebSocket of any library. Who it is has been settled by the caller. */
  accept(webSocket: WebSocketLike, visitor: { principal?: Principal; key?: string } = {}): void {
    const { principal } = visitor;
    // An emitter's error without a listener would end the process. What matters is `close`, which follows.
    webSocket.addEventListener("error", () => undefined);
    this.#connect(webSocket, { principal, key: visitor.key ?? defaultSessionKey(principal) });
  }

  /**
   * Runs a message from inside the process, as if a client had sent it. Resolves when it is kept.
   *
   * @throws GatewayError `QUEUE_FULL`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw
   */
  submit({ sessionId, ...message }: Submission): Promise<Submitted> {
    return followRun(this.#submitParts, sessionId, (lanes) => lanes.submit(sessionId, message));
  }

  /**
   * Answers the messages of a session's newest run anew, from inside the process. Resolves when that is kept.
   *
   * @throws GatewayError `RUN_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw
   */
  retry({ sessionId, runId, requestId }: RetrySubmission): Promise<Submitted> {
    return followRun(this.#submitParts, sessionId, (lanes) => lanes.retry(sessionId, runId, requestId));
  }

  health(): Health {
    return {
      connections: this.#connectionCount(),
      sessions: new Set([...this.#lanes.sessionIds(), ...this.#watchers.sessionIds()]).size,
      runs: this.#lanes.runCount(),
      waiting: this.#lanes.waitingCount() + this.#places.waitingCount,
      uptimeMs: Math.round(performance.now() - this.#startedAt),
    };
  }

  readiness(): Readiness {
    const failing = this.#closing ? ["the gateway is stopping"] : [];
    return { ready: failing.length === 0, failing };
  }

  /**
   * Takes no more messages or connections, lets runs end, interrupts those that take longer than `drainMs`, then closes
   * every connection with 1001. May be called again.
   */
  close({ drainMs = 10_000 }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    this.#observer.stopping(this.#lanes.runCount());
    for (const detach of this.#detach) detach();
    for (const connection of this.#connections) connection.send({ type: "draining" });
    this.#http.drain();
    await this.#lanes.close(drainMs);
    for (const connection of this.#connections) connection.close(1001, "the gateway is stopping");
    this.#http.close();
    this.#admission.close();
    await this.#listener?.close();
    this.#observer.stopped();
  }

  #createAdmission(): Admission {
    return new Admission({
      limits: this.#connectionLimits,
      upgrade: createUpgrade({
        ...this.#limits,
        ...this.#connectionLimits,
        chooseSubprotocol: (offered) => this.#dialects.choose(offered),
      }),
      identify: (request) => this.#identify(request),
      connect: (webSocket, visitor) => this.#connect(webSocket, visitor),
      connectionCount: () => this.#connectionCount(),
      isClosing: () => this.#closing !== undefined,
      onRefused: (refusal, request) => this.#observer.refusedUpgrade(refusal, addressOf(request)),
      onFailure: this.#onFailure,
    });
  }

  #createHttp(): HttpDialect {
    return new HttpDialect({
      ...this.#connectionParts,
      watchers: this.#watchers,
      identify: (request) => this.#identify(request),
      submit: (submission) => this.submit(submission),
      refuseMore: () => this.#admission.refuseMore(),
      onRefused: (refusal, request) => this.#observer.refusedRequest(refusal, addressOf(request)),
      heartbeatMs: this.#connectionLimits.heartbeatMs,
      identifyTimeoutMs: this.#connectionLimits.handshakeTimeoutMs,
    });
  }

  /** Sockets, and answers over HTTP that take as long. */
  #connectionCount(): number {
    return this.#connections.size + this.#http.openCount;
  }

  async #identify(request: IncomingMessage): Promise<Visitor | undefined> {
    const { authenticate, sessionKey = defaultSessionKey } = this.#options;
    const principal = authenticate ? await authenticate(request) : undefined;
    if (principal === null) return undefined;
    return { principal, key: sessionKey(principal, request) };
  }

  #connect(webSocket: WebSocketLike, visitor: Visitor): void {
    if (this.#closing) return webSocket.close(1001, "the gateway is stopping");
    const { principal } = visitor;
    try {
      this.#connections.add(new Connection(this.#connectionParts, webSocket, visitor));
      this.#observer.connected(principal);
    } catch (error) {
      this.#onFailure(error, "a dialect");
      webSocket.close(1011, "the dialect failed");
    }
  }
}

function defaultSessionKey(principal: Principal | undefined): string {
  return principal ? `webchat:${principal.id}` : "webchat";
}
