import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketLike } from "../connection/connection.ts";
import type { Visitor } from "../shared/principal.ts";
import { type Refusal, refuseUpgrade } from "../socket/refuse-upgrade.ts";
import type { Upgrade } from "../socket/ws-server.ts";
import type { Identify } from "./authenticate.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { retryAfter } from "./token.ts";
import type { Door, Entrance } from "./upgrade-guard.ts";

interface AdmissionParts {
  limits: ConnectionLimits;
  upgrade: Upgrade;
  identify: Identify;
  connect: (webSocket: WebSocketLike, visitor: Visitor) => void;
  connectionCount: () => number;
  isClosing: () => boolean;
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  onFailure: (error: unknown, during: string) => void;
}

/** Takes upgrades from their request to their connection, or answers why not. */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Those that are on their way in. */
  readonly #coming = new Set<Duplex>();

  readonly #forget: (this: Duplex) => void;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const coming = this.#coming;
    this.#forget = function (this: Duplex) {
      coming.delete(this);
    };
  }

  admit(request: IncomingMessage, socket: Duplex, head: Buffer, door: Door): void {
    // Before anything that waits: an error without a listener would end the process.
    socket.on("error", destroyThis);
    // An app may have waited before it came here: then `close` has been told, and nothing would take it out again.
    if (socket.destroyed) return;
    const full = this.refuseMore();
    if (full) return this.#refuse(request, socket, full);
    const answer = door(request, socket);
    if ("refusal" in answer) return this.#refuse(request, socket, answer.refusal);
    this.#coming.add(socket);
    socket.on("close", this.#forget);
    void this.#handshake(request, socket, head, answer.entrance);
  }

  /** Ends those that have not come in yet. */
  close(): void {
    for (const socket of this.#coming) socket.destroy();
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#parts.onRefused(refusal, request);
    refuseUpgrade(socket, refusal);
  }

  /** Why there is no room for another, or `undefined`. */
  refuseMore(): Refusal | undefined {
    const { limits, connectionCount, isClosing } = this.#parts;
    if (isClosing()) return { status: 503, reason: "The gateway is stopping." };
    if (connectionCount() + this.#coming.size < limits.maxConnections) return undefined;
    const reason = `The gateway has its ${limits.maxConnections} connections.`;
    return { status: 503, reason, headers: retryAfter(1000) };
  }

  async #handshake(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    entrance: Entrance,
  ): Promise<void> {
    const { upgrade, connect } = this.#parts;
    const visitor = await this.#identify(request, socket);
    if (!visitor) return;
    upgrade(request, socket, head, (webSocket) =>
      entrance(webSocket, socket, () => {
        this.#coming.delete(socket);
        // From here on they are those of the WebSocket; a connection that does nothing is to cost little.
        socket.off("close", this.#forget).off("error", destroyThis);
        connect(webSocket, visitor);
      }),
    );
  }

  /** Asks who it is, and answers the upgrade itself when that leads nowhere. */
  async #identify(request: IncomingMessage, socket: Duplex): Promise<Visitor | undefined> {
    const { identify, limits, isClosing, onFailure } = this.#parts;
    const refuse = (status: number, reason: string) => {
      if (socket.writable) this.#refuse(request, socket, { status, reason });
    };
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
      else if (socket.writable) return visitor;
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
