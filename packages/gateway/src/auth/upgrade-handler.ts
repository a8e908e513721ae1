import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Caller } from "../shared/principal.ts";
import type { Refusal } from "../shared/refusal.ts";
import { offersWebSocket } from "../shared/request.ts";
import { refuseUpgrade } from "../socket/refuse-upgrade.ts";
import { claimUpgrade, type UpgradeClaim, upgradeTaken } from "../socket/upgrade-claims.ts";
import type { ClientSocket } from "../socket/web-socket.ts";
import type { Upgrade, UpgradedSocket } from "../socket/ws-server.ts";
import { AuthError, type Authenticate } from "./authenticate.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Newcomers } from "./newcomers.ts";
import { type Client, openDoor, type ProofLimits } from "./proof-door.ts";
import { retryAfter } from "./token.ts";
import type { LateProof, PostUpgradeStep, UpgradeGuard } from "./upgrade-guard.ts";

/** The form in which a client speaks. */
interface Form {
  /** Set where clients prove in a frame who they are. */
  readonly proof?: ProofLimits;
}

export interface UpgradeHandlerDeps<Dialect extends Form> {
  limits: ConnectionLimits;
  /** Returns the function that opens WebSockets of a dialect. */
  upgradeTo: (dialect: Dialect) => Upgrade;
  /** Returns the dialect of a request, or `given` for one that names none. */
  dialectOf: (request: IncomingMessage, given: Dialect | undefined) => Dialect;
  authenticate: Authenticate;
  connect: (webSocket: ClientSocket, dialect: Dialect, client: Client) => void;
  connectionCount: () => number;
  isClosing: () => boolean;
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  onFailure: (error: unknown, during: string) => void;
}

/** An upgrade on its way to its connection. */
interface Handshake<Dialect> {
  dialect: Dialect;
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  claim: UpgradeClaim;
  phase: "waiting" | "answered" | "open";
}

const DURING = "an upgrade";

/** Turns upgrades into connections, or answers why not. Never throws. */
export class UpgradeHandler<Dialect extends Form> {
  readonly #deps: UpgradeHandlerDeps<Dialect>;
  /** The upgrades that are not connections yet. */
  readonly #newcomers = new Newcomers(Number.POSITIVE_INFINITY);

  constructor(deps: UpgradeHandlerDeps<Dialect>) {
    this.#deps = deps;
  }

  /** `given` is the dialect of clients that name none. */
  handle(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { guard, given }: { guard: UpgradeGuard; given?: Dialect | undefined },
  ): void {
    const claim = claimUpgrade(socket);
    if (!claim || claim.isTaken()) return this.#deps.onFailure(upgradeTaken(), DURING);
    // Before anything that waits, because an error without a listener would end the process.
    socket.on("error", destroyThis);
    // An app may have waited before it came here, and `close` has been emitted already.
    if (socket.destroyed) return;
    const dialect = this.#deps.dialectOf(request, given);
    const handshake: Handshake<Dialect> = { dialect, request, socket, head, claim, phase: "waiting" };
    if (isAnswering(socket)) {
      this.#deps.onRefused({ status: 400, reason: "An earlier request has no answer yet." }, request);
      // An answer would land behind the earlier one, or among the frames.
      return void socket.destroy();
    }
    try {
      const wrong = refuseForm(request);
      if (wrong) return this.#refuse(handshake, wrong);
      const full = this.makeRoom();
      if (full) return this.#refuse(handshake, full);
      const decision = guard(request, socket, dialect.proof !== undefined);
      if ("refusal" in decision) return this.#refuse(handshake, decision.refusal);
      this.#newcomers.add(socket, () => this.#makeWay(handshake));
      if ("late" in decision) return this.#openUnproved(handshake, decision.late);
      this.#handshake(handshake, decision.next).catch((error: unknown) => this.#fail(handshake, error));
    } catch (error) {
      this.#fail(handshake, error);
    }
  }

  /** Ends those that have not come in yet. */
  close(): void {
    this.#newcomers.closeAll();
  }

  /** Returns why there is no room for another connection. One that is not let in yet makes room. */
  makeRoom(): Refusal | undefined {
    const { limits, connectionCount, isClosing } = this.#deps;
    if (isClosing()) return { status: 503, reason: "The gateway is stopping." };
    const count = connectionCount();
    if (count >= limits.maxConnections) {
      const reason = `The gateway has its ${limits.maxConnections} connections.`;
      return { status: 503, reason, headers: retryAfter(1000) };
    }
    if (count + this.#newcomers.size >= limits.maxConnections) this.#newcomers.refuseOldest();
    return undefined;
  }

  /** Closes an upgrade that has waited longest, because others want to come in. */
  #makeWay(handshake: Handshake<Dialect>): void {
    if (handshake.phase === "open") return void handshake.socket.destroy();
    const reason = "Too many connections are being opened.";
    this.#refuse(handshake, { status: 503, reason, headers: retryAfter(1000) });
  }

  #refuse(handshake: Handshake<Dialect>, refusal: Refusal): void {
    const { request, socket, claim } = handshake;
    if (handshake.phase === "answered" || socket.destroyed) return;
    // An answer among another listener's frames would break its connection.
    if (claim.isTaken()) return this.#fail(handshake, upgradeTaken());
    handshake.phase = "answered";
    this.#deps.onRefused(refusal, request);
    refuseUpgrade(socket, refusal);
  }

  /**
   * Reports a handshake that cannot go on, and closes its socket unless another listener has taken
   * it.
   */
  #fail({ socket, claim }: Handshake<Dialect>, error: unknown): void {
    this.#newcomers.admit(socket);
    this.#deps.onFailure(error, DURING);
    if (claim.isTaken()) socket.off("error", destroyThis);
    else socket.destroy();
  }

  async #handshake(handshake: Handshake<Dialect>, next: PostUpgradeStep): Promise<void> {
    const caller = await this.#authenticate(handshake);
    if (!caller) return;
    if (handshake.claim.isTaken()) throw upgradeTaken();
    const { dialect, socket } = handshake;
    this.#open(handshake, (webSocket) =>
      next(webSocket, socket, () => {
        this.#admit(socket);
        this.#deps.connect(webSocket, dialect, { caller });
      }),
    );
  }

  /** Opens the WebSocket of a client that proves in a frame who it is. */
  #openUnproved(handshake: Handshake<Dialect>, late: LateProof): void {
    const { dialect, request, socket } = handshake;
    const { connect, authenticate } = this.#deps;
    this.#open(handshake, (webSocket) => {
      const admit = () => {
        late.admit();
        this.#admit(socket);
      };
      const door = { request, socket, webSocket };
      const prove = openDoor(door, dialect.proof ?? {}, { authenticate, judge: late.judge, admit });
      connect(webSocket, dialect, { prove });
    });
  }

  #open(handshake: Handshake<Dialect>, onOpen: (webSocket: UpgradedSocket) => void): void {
    const { dialect, request, socket, head } = handshake;
    // `ws` accepts a WebSocket that is the only offer.
    if (offersWebSocket(request)) request.headers.upgrade = "websocket";
    this.#deps.upgradeTo(dialect)(request, socket, head, (webSocket) => {
      handshake.phase = "open";
      onOpen(webSocket);
    });
  }

  /** Stops limiting a client that was let in. */
  #admit(socket: Duplex): void {
    this.#newcomers.admit(socket);
    // From here on they are those of the WebSocket, so that an idle connection costs little.
    socket.off("error", destroyThis);
  }

  /** Returns the caller, or `undefined` when the upgrade was refused or its socket is gone. */
  async #authenticate(handshake: Handshake<Dialect>): Promise<Caller | undefined> {
    const { request, socket } = handshake;
    const { authenticate, isClosing } = this.#deps;
    try {
      const caller = await authenticate(request);
      if (isClosing()) this.#refuse(handshake, { status: 503, reason: "The gateway is stopping." });
      else if (handshake.phase === "waiting" && !socket.destroyed) return caller;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      this.#refuse(handshake, { status: error.status, reason: error.message });
    }
    return undefined;
  }
}

/**
 * Returns true while a request that came earlier on the same socket is being answered (HTTP
 * pipelining).
 */
function isAnswering(socket: Duplex & { _httpMessage?: unknown }): boolean {
  return Boolean(socket._httpMessage);
}

/** Returns why a request cannot be an upgrade, whatever it asks for (RFC 9110, 7.8). */
function refuseForm({ headers, httpVersion }: IncomingMessage): Refusal | undefined {
  if (httpVersion === "1.0") return { status: 400, reason: "HTTP/1.0 has no upgrades. Send HTTP/1.1." };
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
  return hasBody ? { status: 400, reason: "An upgrade has no body. Send it without one." } : undefined;
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
