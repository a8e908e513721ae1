// The question: how many statements does a client cost that reconnects to another gateway, when
// many do so at once, each in a session whose answer streams on a third gateway?
import { once } from "node:events";
import { connect as connectTcp, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@mini-openclaw/client";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createPostgresCluster, createPostgresStore } from "@mini-openclaw/postgres";
import pg from "pg";
import { WebSocket } from "ws";
import { report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const SESSIONS = sized(200, 4);
const CLIENTS = 2 * SESSIONS;
const ROUNDS = sized(4, 1);
// Statements that gateways send without a client: answers that stream, and signs of life.
const others = /insert into \S+\.(?:live|entries)|set beat|pg_locks/;

/**
 * Answers with a word each half second, until it is stopped.
 * @type {import("@mini-openclaw/gateway").AgentRunner}
 */
const agent = {
  async *run({ runId, signal }) {
    yield { type: "run_start", runId, timestamp: Date.now() };
    for (;;) {
      await wait(500, undefined, { signal });
      yield { type: "chunk", runId, messageId: `${runId}-1`, content: "word " };
    }
  },
};

await benchmarkWithDatabase(async (_, { config }) => {
  let count = 0;
  const { prototype } = /** @type {any} */ (pg.Client);
  const { query } = prototype;
  prototype.query = function counting(/** @type {any[]} */ ...args) {
    if (!others.test(args[0]?.text ?? "")) count += 1;
    return query.apply(this, args);
  };
  const nodes = [await startNode(config), await startNode(config), await startNode(config)];
  let port = nodes[2]?.port ?? 0;
  const balancer = await startBalancer(() => port);
  const clients = Array.from({ length: SESSIONS }, (_none, index) => connectTo(balancer.port, index));
  const owners = clients.map((client) => client.session());
  await Promise.all(owners.map((session) => isLive(session)));
  await Promise.all(owners.map((session) => session.send("hi")));
  port = nodes[0]?.port ?? 0;
  const watching = owners.flatMap((owner, index) =>
    [1, 2].map(() => {
      const client = connectTo(balancer.port, index);
      clients.push(client);
      return client.session(owner.getSnapshot().sessionId);
    }),
  );
  await Promise.all(watching.map((session) => isLive(session)));
  const rows = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = port;
    port = nodes[round % 2]?.port ?? 0;
    await wait(1_000);
    count = 0;
    const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
    const resumed = watching.map(async (session) => {
      await isLive(session, false);
      await isLive(session);
    });
    balancer.cut(before);
    await Promise.all(resumed);
    const { user, system } = process.cpuUsage(cpu);
    rows.push({
      "": `round ${round}`,
      "statements a client": count / CLIENTS,
      "CPU of clients and gateways, ms a client": (user + system) / 1_000 / CLIENTS,
      "until all are back, ms": performance.now() - startedAt,
    });
  }
  report({ question: `${CLIENTS} clients resume at once`, goal: "at most 1 statement a client", rows });
  for (const client of clients) client.close();
  await balancer.close();
  for (const node of nodes) await node.close();
  prototype.query = query;
});

/** @param {pg.ClientConfig} config */
async function startNode(config) {
  const pool = new pg.Pool({ ...config, max: 4 });
  pool.on("error", () => {});
  const store = await createPostgresStore({ pool });
  const gateway = new GatewayServer({
    store,
    cluster: createPostgresCluster({ store }),
    agent,
    // Clients name the load balancer.
    allowedHosts: [() => true],
    sessionKey: (_, request) => `user:${request.url ?? ""}`,
    onFailure: () => {},
  });
  const { port } = await gateway.listen({ port: 0, token });
  return {
    port,
    async close() {
      await gateway.close({ drainMs: 0 });
      await store.close();
      await pool.end();
    },
  };
}

/** @param {number} port @param {number} index */
function connectTo(port, index) {
  const url = `ws://127.0.0.1:${port}/?u${index}`;
  return connect({ url, WebSocket, token, connectTimeoutMs: 60_000, onFailure: () => {} });
}

/**
 * Resolves when a session is shown, or is not.
 * @param {import("@mini-openclaw/client").Session} session
 */
function isLive(session, expected = true) {
  const isSo = () => (session.getSnapshot().phase === "live") === expected;
  return new Promise((resolve) => {
    if (isSo()) return resolve(undefined);
    const end = session.subscribe(() => {
      if (!isSo()) return;
      end();
      resolve(undefined);
    });
  });
}

/**
 * Starts a TCP relay that gives each connection to the present target.
 * @param {() => number} target
 */
async function startBalancer(target) {
  /** @type {Map<import("node:net").Socket, number>} */
  const links = new Map();
  const server = createServer((client) => {
    const port = target();
    const upstream = connectTcp(port, "127.0.0.1");
    links.set(client, port);
    for (const socket of [client, upstream]) socket.on("error", () => {});
    client.pipe(upstream).pipe(client);
    client.on("close", () => {
      links.delete(client);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (/** @type {number} */ port) => {
    for (const [client, to] of links) if (port === to) client.resetAndDestroy();
  };
  return {
    port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
    cut,
    async close() {
      for (const client of links.keys()) client.destroy();
      server.close();
    },
  };
}
