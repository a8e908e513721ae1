import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { attachedAccess } from "../auth/access.ts";
import { createAuthenticator, defaultSessionKey } from "../auth/authenticate.ts";
import { resolveConnectionLimits } from "../auth/connection-limits.ts";
import { addressOf } from "../auth/token.ts";
import { attachedUpgradeGuard, type RequestGuard, type UpgradeGuard } from "../auth/upgrade-guard.ts";
import {
  type RetrySubmission,
  retryRun,
  type Submission,
  type Submitted,
  submitMessage,
} from "../commands/submit.ts";
import { Connections } from "../connection/connections.ts";
import { answerFetch } from "../http/fetch-adapter.ts";
import { HttpApi } from "../http/http-api.ts";
import { Observer } from "../observe/observer.ts";
import { requireKnown, toDuration } from "../shared/check-options.ts";
import { GatewayError } from "../shared/errors.ts";
import { requireId } from "../shared/principal.ts";
import { ForeignSocket } from "../socket/foreign-socket.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";
import { attachUpgrades } from "./attach.ts";
import { ClientSockets } from "./client-sockets.ts";
import { type Core, createCore } from "./create-core.ts";
import { type Listener, type ListenOptions, listen } from "./listen.ts";
import {
  type AcceptOptions,
  type AttachOptions,
  type CloseOptions,
  checkAccepted,
  checkExchange,
  checkFetched,
  checkListenOptions,
  checkOptions,
  type GatewayOptions,
  type HandleRequestOptions,
  readMount,
  type SpeakOptions,
  type UpgradeSource,
} from "./options.ts";
import type { Health } from "./probes.ts";
import { type Readiness, readinessOf } from "./readiness.ts";

/**
 * Owns connections, queues and watchers; knows the store and the agent only as ports.
 *
 * Give it a port of its own with `listen`, or let it live beside an app with `attach`,
 * `handleUpgrade` or `accept`.
 */
export class GatewayServer {
  readonly #connections = new Connections();
  readonly #options: GatewayOptions;
  readonly #observer: Observer;
  readonly #core: Core;
  readonly #sockets: ClientSockets;
  readonly #http: HttpApi;
  readonly #upgradeGuard: UpgradeGuard;
  readonly #requestGuard: RequestGuard;
  readonly #startedAt = performance.now();
  readonly #detach = new Set<() => void>();
  #listening: Promise<Listener> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws GatewayError `INVALID_OPTION` */
  constructor(options: GatewayOptions) {
    checkOptions(options);
    this.#options = options;
    this.#observer = new Observer(this, options);
    this.#core = createCore(options, { observer: this.#observer, connections: this.#connections });
    const { onFailure } = this.#core;
    const limits = resolveConnectionLimits(options.connections);
    const authenticate = createAuthenticator(options, { timeoutMs: limits.handshakeTimeoutMs, onFailure });
    this.#sockets = new ClientSockets({
      core: this.#core,
      observer: this.#observer,
      dialects: options.dialects,
      limits,
      authenticate,
      connections: this.#connections,
      connectionCount: () => this.#connectionCount(),
      isClosing: () => this.#closing !== undefined,
    });
    this.#http = new HttpApi({
      commands: this.#core.commands,
      watch: this.#core.watch,
      authenticate,
      notifyDeleted: (session, except) => this.#core.notifier.notifyDeleted(session, except),
      makeRoom: () => this.#sockets.makeRoom(),
      onRefused: (refusal, request) => this.#observer.refusedRequest(refusal, addressOf(request)),
      heartbeatMs: limits.heartbeatMs,
    });
    const onExposed = (address: string) => this.#observer.exposed(address);
    const access = attachedAccess(options, { onExposed, onFailure });
    this.#requestGuard = access;
    this.#upgradeGuard = attachedUpgradeGuard(access);
  }

  /**
   * Opens a port of its own, with the health endpoints and whatever `serve` answers.
   *
   * @throws GatewayError `TOKEN_REQUIRED` beyond loopback without a token of at least 32 bytes;
   * `PORT_UNAVAILABLE`; `INVALID_OPTION` when it listens already.
   */
  async listen(options: ListenOptions = {}): Promise<{ host: string; port: number }> {
    if (this.#closing)
      throw new GatewayError(
        "INVALID_OPTION",
        "`listen()` must come before `close()`. Create another gateway.",
      );
    if (this.#listening)
      throw new GatewayError("INVALID_OPTION", "`listen()` was already called on this gateway.");
    checkListenOptions(options);
    for (const [path, dialect] of Object.entries(options.dialects ?? {}))
      this.#sockets.addDialect(dialect, `dialects["${path}"]`);
    this.#listening = listen(options, this.#options, {
      health: () => this.health(),
      readiness: () => this.readiness(),
      upgrade: (...upgrade) => this.#sockets.upgrade(...upgrade),
      answer: (...asked) => this.#http.handle(...asked),
      onRefused: (refusal, request) => this.#observer.refusedRequest(refusal, addressOf(request)),
      onFailure: this.#core.onFailure,
    });
    try {
      const { address } = await this.#listening;
      this.#observer.listening(address, [options.token ?? []].flat());
      return address;
    } catch (error) {
      // Another port may be free.
      this.#listening = undefined;
      throw error;
    }
  }

  /**
   * Attaches the gateway to an app's server, and answers the upgrades of one path only. Returns a
   * function that detaches.
   *
   * @throws GatewayError `INVALID_OPTION` when a gateway is attached to that path of the server
   * already
   */
  attach(server: UpgradeSource, options: AttachOptions): () => void {
    requireKnown("attach", options, { path: true, dialect: true });
    const { dialect } = options;
    this.#sockets.addDialect(dialect);
    const end = attachUpgrades(server, options, (...upgrade) => this.handleUpgrade(...upgrade, { dialect }));
    const detach = () => {
      end();
      this.#detach.delete(detach);
    };
    this.#detach.add(detach);
    return detach;
  }

  /** Handles one upgrade, for apps that route upgrades themselves. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: SpeakOptions = {}): void {
    requireKnown("handleUpgrade", options, { dialect: true });
    const { dialect: given } = options;
    this.#sockets.addDialect(given);
    this.#sockets.upgrade(request, socket, head, { guard: this.#upgradeGuard, given });
  }

  /**
   * Answers the requests of PROTOCOL.md, “Over HTTP”, for `node:http` and frameworks on top of it.
   * Returns false for any other path.
   *
   * @throws GatewayError `INVALID_OPTION`
   */
  handleRequest(
    request: IncomingMessage,
    response: ServerResponse,
    options: HandleRequestOptions = {},
  ): boolean {
    const mount = readMount("handleRequest", options);
    checkExchange(request, response);
    return this.#http.handle(request, response, { ...mount, guard: this.#requestGuard });
  }

  /**
   * Answers a `Request` of the Fetch standard as `handleRequest` does, and any other path with 404.
   * Without a `Host` header, the host of its URL counts.
   *
   * @throws GatewayError `INVALID_OPTION`
   */
  async handleFetch(request: Request, options: HandleRequestOptions = {}): Promise<Response> {
    const mount = { ...readMount("handleFetch", options), guard: this.#requestGuard };
    checkFetched(request);
    return answerFetch(request, (...asked) => this.#http.handle(...asked, mount));
  }

  /**
   * Connects an open WebSocket of any library. The caller has authenticated it. A closed one is
   * ignored.
   *
   * @throws GatewayError `INVALID_OPTION`
   * @throws TypeError for a principal without an id
   */
  accept(webSocket: WebSocketLike, options: AcceptOptions = {}): void {
    checkAccepted(webSocket, options);
    const { principal, key = defaultSessionKey(principal), dialect } = options;
    this.#sockets.addDialect(dialect);
    if (principal) requireId(principal);
    const onFailure = (error: unknown) => this.#core.onFailure(error, "a socket of `accept`");
    const socket = new ForeignSocket(webSocket, onFailure);
    if (!socket.isOver) this.#sockets.accept(socket, dialect, { caller: { principal, key } });
  }

  /**
   * Runs a message from inside the process, as if a client had sent it. Resolves when it is kept.
   *
   * @throws GatewayError `INVALID_OPTION`, `QUEUE_FULL`, `DRAINING`, `REQUEST_CONFLICT`; whatever
   * the store threw
   */
  async submit(submission: Submission): Promise<Submitted> {
    return submitMessage(this.#core.commands, submission);
  }

  /**
   * Answers the messages of a session's newest run anew, from inside the process. Resolves when
   * that is kept.
   *
   * @throws GatewayError `RUN_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`; whatever
   * the store threw
   */
  async retry(retry: RetrySubmission): Promise<Submitted> {
    return retryRun(this.#core.commands, retry);
  }

  health(): Health {
    const { limiter, watchers, queues } = this.#core;
    return {
      connections: this.#connectionCount(),
      sessions: new Set([...queues.sessionIds(), ...watchers.sessionIds()]).size,
      runs: queues.runCount(),
      waiting: queues.waitingCount() + limiter.waitingCount,
      uptimeMs: Math.round(performance.now() - this.#startedAt),
    };
  }

  readiness(): Promise<Readiness> {
    return readinessOf(this.#core.commands.store, this.#closing !== undefined, this.#options.cluster);
  }

  /**
   * Refuses new messages and connections, and interrupts the runs that take longer than `drainMs`.
   * Closes every connection with 1001, and resolves when the process may exit. May be called again.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    requireKnown("close", options, { drainMs: true });
    const ms = toDuration("drainMs", options.drainMs ?? 10_000);
    // A later call that is less patient counts.
    if (this.#closing) void this.#core.queues.close(ms);
    this.#closing ??= this.#close(ms);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drainMs: number): Promise<void> {
    this.#observer.stopping(this.#core.queues.runCount());
    for (const detach of this.#detach) detach();
    for (const connection of this.#connections) connection.send({ type: "draining" });
    this.#http.drain();
    await this.#core.close(drainMs);
    const gone = this.#connections.close(1001, "the gateway is stopping");
    this.#http.close();
    this.#sockets.close();
    // `listen` may be in progress. Its caller gets the error.
    await Promise.all([gone, this.#listening?.then((listener) => listener.close()).catch(() => {})]);
    this.#observer.stopped();
  }

  /** Sockets, and answers over HTTP that take as long. */
  #connectionCount(): number {
    return this.#connections.size + this.#http.openCount;
  }
}
