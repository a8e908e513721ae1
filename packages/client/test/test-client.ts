import { GatewayServer } from "@mini-openclaw/gateway";
import type { AgentRunner, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { type Client, type ConnectOptions, connect, type Session } from "../src/index.ts";
import { ManualClock } from "./manual-clock.ts";
import { type Network, startNetwork } from "./network.ts";

/** A real gateway, clients of it, and the network between them. */
export interface TestGateway extends AsyncDisposable {
  readonly network: Network;
  readonly clock: ManualClock;
  readonly store: SessionStore;
  /** The port of the gateway itself, without the network between. */
  readonly port: number;
  /** Opens a client whose time is `clock`'s. */
  connect(options?: Partial<ConnectOptions>): Client;
  /**
   * Stops the gateway and starts another in its place and, unless it is given another, on the same
   * store.
   */
  restart(options?: { store?: SessionStore; drainMs?: number }): Promise<void>;
  stop(drainMs?: number): Promise<void>;
}

export async function testGateway(
  agent: AgentRunner,
  options: { store?: SessionStore; token?: string } = {},
): Promise<TestGateway> {
  let store = options.store ?? createMemoryStore();
  const guarded = options.token === undefined ? {} : { token: options.token };
  const clock = new ManualClock();
  const clients: Client[] = [];
  let gateway = new GatewayServer({ store, agent, onFailure: () => undefined });
  const { port } = await gateway.listen({ port: 0, ...guarded });
  const network = await startNetwork(port);
  // The name in the address is what the gateway checks, not where it came through.
  const through = class extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { host: `127.0.0.1:${network.port}` } });
    }
  };

  return {
    network,
    clock,
    get store() {
      return store;
    },
    get port() {
      return network.port;
    },
    connect(more = {}) {
      const client = connect({ url: network.url, WebSocket: through, clock, random: () => 0, ...more });
      clients.push(client);
      return client;
    },
    stop: (drainMs = 0) => gateway.close({ drainMs }),
    async restart({ store: other, drainMs = 0 } = {}) {
      await gateway.close({ drainMs });
      if (other) {
        await store.close();
        store = other;
      }
      gateway = new GatewayServer({ store, agent, onFailure: () => undefined });
      // Somebody else may have the port of before by now.
      ({ port: network.port } = await gateway.listen({ port: 0, ...guarded }));
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await network[Symbol.asyncDispose]();
      await gateway.close({ drainMs: 0 });
      await store.close();
    },
  };
}

/** Resolves when what is observed is as expected. */
export function until<Value>(
  observed: { subscribe(listener: () => void): () => void; getSnapshot(): Value },
  isExpected: (value: Value) => boolean,
): Promise<Value> {
  return new Promise((resolve) => {
    const look = () => {
      const value = observed.getSnapshot();
      if (!isExpected(value)) return;
      unsubscribe();
      resolve(value);
    };
    const unsubscribe = observed.subscribe(look);
    look();
  });
}

/**
 * Resolves when a session shows what happens as it happens, and, if given, this as its last line.
 */
export async function untilShown(session: Session, line?: string): Promise<void> {
  await until(session, (snapshot) => {
    const isLive = snapshot.phase === "live";
    return isLive && (line === undefined || shown(session).at(-1) === line);
  });
}

/** Returns a line for each item, queued message and outgoing message of a session. */
export function shown(session: Session): string[] {
  const { view, outbox } = session.getSnapshot();
  const items = view.items.map((item) => {
    if (item.kind === "user") return `user: ${item.content}`;
    if (item.kind === "assistant") return `${item.streaming ? "streaming" : "assistant"}: ${item.content}`;
    return item.kind === "outcome" ? `outcome: ${item.outcome}` : item.kind;
  });
  const queued = view.queued.map(({ content }) => `waits: ${content}`);
  return [...items, ...queued, ...outbox.map(({ phase, content }) => `${phase}: ${content}`)];
}
