import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Visitor } from "../shared/principal.ts";
import { type Refusal, refuseUpgrade } from "../socket/refuse-upgrade.ts";
import { claimUpgrade, type UpgradeClaim, upgradeTaken } from "../socket/upgrade-claims.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";
import type { Upgrade } from "../socket/ws-server.ts";
import type { Identify } from "./authenticate.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Newcomers } from "./newcomers.ts";
import { retryAfter } from "./token.ts";
import type { PostUpgradeStep, UpgradeGuard } from "./upgrade-guard.ts";

interface UpgradeHandlerDeps {
  limits: ConnectionLimits;
  upgrade: Upgrade;
  identify: Identify;
  connect: (webSocket: WebSocketLike, visitor: Visitor) => void;
  connectionCount: () => number;
  isClosing: () => boolean;
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  onFailure: (error: unknown, during: string) => void;
}

/** An upgrade on its way to its connection. */
interface Handshake {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  claim: UpgradeClaim;
  phase: "waiting" | "answered" | "open";
}

const DURING = "an upgrade";

/** Takes upgrades from their request to their connection, or answers why not. Never throws. */
export class UpgradeHandler {
  readonly #parts: UpgradeHandlerDeps;
  /** The upgrades that are not connections yet. */
  readonly #newcomers = new Newcomers(Number.POSITIVE_INFINITY);

  constructor(parts: UpgradeHandlerDeps) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer, door: UpgradeGuard): void {
    const claim = claimUpgrade(socket);
    if (!claim || claim.isTaken()) return this.#parts.onFailure(upgradeTaken(), DURING);
    // Before anything that waits, because an error without a listener would end the process.
    socket.on("error", destroyThis);
    // An app may have waited before it came here, and `close` has been emitted already.
    if (socket.destroyed) return;
    const handshake: Handshake = { request, socket, head, claim, phase: "waiting" };
    try {
      const full = this.makeRoom();
      if (full) return this.#refuse(handshake, full);
      const answer = door(request, socket);
      if ("refusal" in answer) return this.#refuse(handshake, answer.refusal);
      this.#newcomers.add(socket, () => this.#makeWay(handshake));
      this.#handshake(handshake, answer.entrance).catch((error: unknown) => this.#fail(handshake, error));
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
    const { limits, connectionCount, isClosing } = this.#parts;
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
  #makeWay(handshake: Handshake): void {
    if (handshake.phase === "open") return void handshake.socket.destroy();
    const reason = "Too many connections are being opened.";
    this.#refuse(handshake, { status: 503, reason, headers: retryAfter(1000) });
  }

  #refuse(handshake: Handshake, refusal: Refusal): void {
    const { request, socket, claim } = handshake;
    if (handshake.phase === "answered" || socket.destroyed) return;
    // An answer among another listener's frames would break its connection.
    if (claim.isTaken()) return this.#fail(handshake, upgradeTaken());
    handshake.phase = "answered";
    this.#parts.onRefused(refusal, request);
    refuseUpgrade(socket, refusal);
  }

  /** Reports a handshake that cannot go on, and closes its socket unless another listener has taken it. */
  #fail({ socket, claim }: Handshake, error: unknown): void {
    this.#newcomers.admit(socket);
    this.#parts.onFailure(error, DURING);
    if (claim.isTaken()) socket.off("error", destroyThis);
    else socket.destroy();
  }

  async #handshake(handshake: Handshake, entrance: PostUpgradeStep): Promise<void> {
    const { upgrade, connect } = this.#parts;
    const { request, socket, head, claim } = handshake;
    const visitor = await this.#identify(handshake);
    if (!visitor) return;
    if (claim.isTaken()) throw upgradeTaken();
    upgrade(request, socket, head, (webSocket) => {
      handshake.phase = "open";
      entrance(webSocket, socket, () => {
        this.#newcomers.admit(socket);
        // From here on they are those of the WebSocket, so that an idle connection costs little.
        socket.off("error", destroyThis);
        connect(webSocket, visitor);
      });
    });
  }

  /** Asks who it is, and answers the upgrade itself when that leads nowhere. */
  async #identify(handshake: Handshake): Promise<Visitor | undefined> {
    const { request, socket } = handshake;
    const { identify, limits, isClosing, onFailure } = this.#parts;
    const refuse = (status: number, reason: string) => this.#refuse(handshake, { status, reason });
    const fail = (error: unknown, status: number, reason: string) => {
      onFailure(error, "authenticate or sessionKey");
      refuse(status, reason);
    };
    const deadline = setTimeout(() => {
      const late = new Error(`took longer than handshakeTimeoutMs, ${limits.handshakeTimeoutMs} ms`);
      fail(late, 503, "The gateway took too long to find out who you are.");
    }, limits.handshakeTimeoutMs);
    try {
      const visitor = await identify(request);
      if (!visitor) refuse(401, "Who are you? The gateway's authenticate said no.");
      else if (isClosing()) refuse(503, "The gateway is stopping.");
      // Refused by the deadline, or gone.
      else if (handshake.phase === "waiting" && !socket.destroyed) return visitor;
    } catch (error) {
      fail(error, 500, "The gateway failed; its log says why.");
    } finally {
      clearTimeout(deadline);
    }
    return undefined;
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
