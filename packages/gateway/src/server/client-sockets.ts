import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Authenticate } from "../auth/authenticate.ts";
import type { ConnectionLimits } from "../auth/connection-limits.ts";
import type { Client } from "../auth/proof-door.ts";
import { addressOf } from "../auth/token.ts";
import type { UpgradeGuard } from "../auth/upgrade-guard.ts";
import { UpgradeHandler } from "../auth/upgrade-handler.ts";
import { Connection, type ConnectionDeps } from "../connection/connection.ts";
import type { Connections } from "../connection/connections.ts";
import type { Dialect } from "../connection/dialect.ts";
import { Dialects } from "../connection/dialects.ts";
import type { Observer } from "../observe/observer.ts";
import type { Refusal } from "../shared/refusal.ts";
import type { ClientSocket } from "../socket/web-socket.ts";
import { createUpgrade, type Upgrade } from "../socket/ws-server.ts";
import type { Core } from "./create-core.ts";

interface ClientSocketsDeps {
  core: Core;
  observer: Observer;
  /** The dialects of the gateway's options. */
  dialects: readonly Dialect[] | undefined;
  limits: ConnectionLimits;
  authenticate: Authenticate;
  connections: Connections;
  /** Returns the number of clients, with and without a socket. */
  connectionCount: () => number;
  isClosing: () => boolean;
}

/** The sockets of a gateway's clients, from the upgrade to the connection. */
export class ClientSockets {
  readonly #deps: ClientSocketsDeps;
  readonly #dialects: Dialects;
  /** The connections of a dialect share one object. */
  readonly #connectionDeps: (dialect: Dialect) => ConnectionDeps;
  readonly #upgrades: UpgradeHandler<Dialect>;

  /** @throws GatewayError `INVALID_OPTION` for a dialect */
  constructor(deps: ClientSocketsDeps) {
    const { core, observer, connections, connectionCount, authenticate, isClosing } = deps;
    const limits = { ...core.commands.limits, ...deps.limits };
    this.#deps = deps;
    this.#dialects = new Dialects(deps.dialects);
    this.#connectionDeps = keptByKey((dialect) => ({
      dialect,
      commands: core.commands,
      watch: core.watch,
      notifyDeleted: (session, answered) => core.notifier.notifyDeleted(session, answered),
      onEntered: (connection) => {
        connections.add(connection);
        observer.connected(connection.caller.principal);
      },
      onClosed: (connection) => {
        if (connections.delete(connection)) observer.disconnected(connection.caller.principal);
      },
      observer,
    }));
    this.#upgrades = new UpgradeHandler({
      limits,
      authenticate,
      connectionCount,
      isClosing,
      upgradeTo: upgradesBySize(this.#dialects, limits),
      dialectOf: (request, given) => this.#dialects.ofRequest(request, given),
      connect: (...client) => this.#connect(...client),
      onRefused: (refusal, request) => observer.refusedUpgrade(refusal, addressOf(request)),
      onFailure: core.onFailure,
    });
  }

  /**
   * Adds a dialect, unless it is known.
   *
   * @throws GatewayError `INVALID_OPTION`
   */
  addDialect(dialect: Dialect | undefined, name = "dialect"): void {
    if (dialect !== undefined) this.#dialects.add(dialect, name);
  }

  /** Turns an upgrade into a connection. `given` is the dialect of clients that name none. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options: { guard: UpgradeGuard; given?: Dialect | undefined },
  ): void {
    this.#upgrades.handle(request, socket, head, options);
  }

  /** Connects an open socket, whose client is known. */
  accept(
    socket: ClientSocket & { protocol: string | undefined },
    given: Dialect | undefined,
    client: Client,
  ): void {
    this.#connect(socket, this.#dialects.find(socket.protocol, given), client);
  }

  /** Returns why there is no room for another client. One that is not let in yet makes room. */
  makeRoom(): Refusal | undefined {
    return this.#upgrades.makeRoom();
  }

  /** Ends the upgrades that are no connections yet. */
  close(): void {
    this.#upgrades.close();
  }

  #connect(socket: ClientSocket, dialect: Dialect, client: Client): void {
    if (this.#deps.isClosing()) return socket.close(1001, "the gateway is stopping");
    try {
      new Connection(this.#connectionDeps(dialect), socket, client);
    } catch (error) {
      this.#deps.core.onFailure(error, "a dialect");
      socket.close(1011, "the dialect failed");
    }
  }
}

/**
 * Returns a function that finds the opener of WebSockets for a dialect. Dialects with frames of
 * another size have another one, because `ws` limits frames by server.
 */
function upgradesBySize(
  dialects: Dialects,
  { maxFrameBytes, heartbeatMs }: { maxFrameBytes: number; heartbeatMs: number },
): (dialect: Dialect) => Upgrade {
  const bySize = keptByKey((size: number) =>
    createUpgrade({
      maxFrameBytes: size,
      heartbeatMs,
      chooseSubprotocol: (offered) => dialects.choose(offered),
    }),
  );
  return (dialect) => bySize(dialect.maxFrameBytes ?? maxFrameBytes);
}

/** Returns a function that makes a value once for each key. */
function keptByKey<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const values = new Map<Key, Value>();
  return (key) => {
    const value = values.get(key) ?? make(key);
    values.set(key, value);
    return value;
  };
}
