import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@mini-openclaw/client";
import { type AgentRunner, GatewayServer } from "@mini-openclaw/gateway";
import { createPostgresCluster, createPostgresStore } from "@mini-openclaw/postgres";
import type { SessionEvent, SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from "../../packages/postgres/test/server/postgres-server.ts";
import { findFaults, type StoredLine } from "./checker.ts";
import { Ledger } from "./ledger.ts";
import { intercept, type Plant, plant } from "./plants.ts";

let server: PostgresServer;
beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
});
afterAll(() => server?.[Symbol.asyncDispose]());

// Nobody is declared dead by the clock. The tests delete the rows of nodes.
const LEASE_MS = 60_000;

const taken = "a living node lost its session";

const agent: AgentRunner = {
  async *run({ runId }) {
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "assistant_message", runId, id: `${runId}-1`, content: "answer", timestamp: 1 };
    yield { type: "message_done", runId, content: "answer" };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

let schemas = 0;

/** A session in a schema of its own, with the nodes that open it. */
class Scene {
  readonly schema = `scene_${(schemas += 1)}`;
  readonly ledger = new Ledger();
  readonly #pool = server.pool();
  readonly #stores: SessionStore[] = [];
  sessionId = "";

  /** Opens a store of a new node. */
  async node(name: string): Promise<SessionStore> {
    const { schema } = this;
    const store = await createPostgresStore({ pool: server.pool(), schema, name, leaseMs: LEASE_MS });
    this.#stores.push(store);
    if (this.sessionId === "") ({ sessionId: this.sessionId } = await store.createSession("k"));
    return store;
  }

  async gateway(name: string): Promise<GatewayServer> {
    const store = await this.node(name);
    const cluster = createPostgresCluster({ store });
    return new GatewayServer({ store, cluster, agent, sessionKey: () => "k" });
  }

  async run(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.#pool.query<Record<string, unknown>>(
      text.replaceAll("{}", this.schema),
      values,
    );
    return rows;
  }

  /** Deletes the row of a node, as the others do that declare it dead. */
  async declareDead(name: string): Promise<void> {
    await this.run("delete from {}.nodes where name = $1", [name]);
  }

  /** Records events. Only what is acknowledged is in the ledger. Returns false if it is refused. */
  async record(log: SessionLog, events: readonly SessionEvent[]): Promise<boolean> {
    try {
      for (const { event, json } of await log.record(events)) {
        if (event.type === "user_message") this.ledger.accepted(event.requestId ?? "", event.runId);
        this.ledger.received(json);
      }
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== "SESSION_STOLEN") throw error;
      return false;
    }
  }

  async faults(): Promise<string[]> {
    const text = `select e.seq::int as seq, e.line from {}.entries e
      join {}.sessions s on s.num = e.sid where s.id = $1 order by e.seq`;
    const lines = (await this.run(text, [this.sessionId])) as unknown as StoredLine[];
    return findFaults(this.ledger, lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
  }
}

function message(id: string, runId: string): SessionEvent {
  return { type: "user_message", runId, id, requestId: id, content: `${id} 0 0`, timestamp: 1 };
}

function end(runId: string): SessionEvent {
  return { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
}

/** A node is declared dead in the middle of a run, learns nothing of it and continues the run. */
async function continuesItsRun(scene: Scene): Promise<string[]> {
  const [one, other] = [await scene.node("one"), await scene.node("other")];
  const log = await one.openLog(scene.sessionId);
  await scene.record(log, [message("m1", "r1")]);
  await scene.declareDead("one");
  const next = await other.openLog(scene.sessionId);
  await scene.record(next, [message("m2", "r2"), end("r2")]);
  await scene.record(log, [end("r1"), message("m3", "r3"), end("r3")]);
  return scene.faults();
}

/** The session of a dead node is claimed by a new node, in the middle of the claim of another. */
async function claimsInTheMiddle(scene: Scene): Promise<string[]> {
  const [one, other] = [await scene.node("one"), await scene.node("other")];
  await one.openLog(scene.sessionId);
  await scene.declareDead("one");
  const blocker = await server.pool().connect();
  let isHeld = false;
  using _ = intercept(async (statement) => {
    if (isHeld || !statement.text?.includes("s.node = $3")) return statement;
    isHeld = true;
    await blocker.query("begin");
    await blocker.query(`select from ${scene.schema}.nodes where name = 'other' for update`);
    return statement;
  });
  let result: string | undefined;
  const opening = other.openLog(scene.sessionId).then(
    () => (result = "opened"),
    (error: unknown) => (result = String((error as { code?: string }).code)),
  );
  // The claim has its snapshot then, and waits for the row of its own node.
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock'
    and query like '%s.num = $2 and%'`;
  while (result === undefined && (await scene.run(waiting)).length === 0);
  const claim = `with me as (insert into {}.nodes (name) values ('third') returning id)
    update {}.sessions s set node = me.id from me where s.id = $1 returning s.node`;
  const [claimed] = await scene.run(claim, [scene.sessionId]);
  await blocker.query("commit");
  await opening;
  blocker.release();
  const [owner] = await scene.run("select node from {}.sessions where id = $1", [scene.sessionId]);
  if (result === "opened" || result === "SESSION_LOCKED")
    return owner?.["node"] === claimed?.["node"] ? [] : [taken];
  // A busy machine did not come so far before the deadline of the claim.
  await using again = new Scene();
  return claimsInTheMiddle(again);
}

/** A session moves to another node without a word to its owner, which writes on. */
async function writesToALostSession(scene: Scene): Promise<string[]> {
  const one = await scene.node("one");
  const log = await one.openLog(scene.sessionId);
  await scene.run("update {}.sessions set node = null");
  await scene.record(log, [message("m1", "r1"), end("r1")]);
  return scene.faults();
}

/** A dead node learns nothing of it, and releases its session, which a new node has by then. */
async function releasesAfterItsDeath(scene: Scene): Promise<string[]> {
  const one = await scene.node("one");
  const log = await one.openLog(scene.sessionId);
  await scene.record(log, [message("m1", "r1"), end("r1")]);
  await scene.declareDead("one");
  const next = await (await scene.node("next")).openLog(scene.sessionId);
  await log.close();
  const isRecorded = await scene.record(next, [message("m2", "r2"), end("r2")]);
  return [...(await scene.faults()), ...(isRecorded ? [] : [taken])];
}

/** Returns true if a client of one node gets the events that another node records. */
async function seesTheOtherNode(scene: Scene, patienceMs: number): Promise<boolean> {
  const gateways = [await scene.gateway("one"), await scene.gateway("other")] as const;
  const ports = await Promise.all(gateways.map(async (one) => (await one.listen({ port: 0 })).port));
  const clients = ports.map((port) => connect({ url: `ws://127.0.0.1:${port}`, WebSocket }));
  const [sending, watching] = clients.map((client) => client.session(scene.sessionId));
  if (!sending || !watching) throw new Error("A node has no client.");
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => void watching.subscribe(resolve));
  };
  await until(() => watching.getSnapshot().phase === "live");
  await sending.send("m1 0 0");
  const isSeen = until(() => JSON.stringify(watching.getSnapshot().view.items).includes("answer"));
  const late = wait(patienceMs, false, { ref: false });
  try {
    return await Promise.race([isSeen.then(() => true), late]);
  } finally {
    for (const client of clients) client.close();
    for (const gateway of gateways) await gateway.close({ drainMs: 0 });
  }
}

describe.skipIf(!hasPostgres)("a client of another node", () => {
  const FOR_EVER_MS = 100_000;

  test.each<[string, Plant | undefined]>([
    ["with a notification", undefined],
    ["without a notification", "unnotified"],
  ])("gets the events %s", async (_name, fault) => {
    using _planted = fault && plant(fault);
    await using scene = new Scene();
    expect(await seesTheOtherNode(scene, FOR_EVER_MS)).toBe(true);
  });

  test("gets none where nothing wakes the reader", async () => {
    using _planted = plant("deaf");
    await using scene = new Scene();
    expect(await seesTheOtherNode(scene, 3_000)).toBe(false);
  });
});

describe.skipIf(!hasPostgres)("the checker", () => {
  test.each<[string, Plant, (scene: Scene) => Promise<string[]>, string]>([
    ["writes are not fenced", "unfenced", continuesItsRun, "m2 is stored 0 times"],
    ["a claim is one statement", "claimedAtOnce", claimsInTheMiddle, taken],
    ["written lines are not counted", "uncounted", writesToALostSession, "m1 is stored 0 times"],
    ["the id of a node is used again", "sameId", releasesAfterItsDeath, taken],
  ])("finds the fault where %s, and none without it", async (_name, fault, scenario, found) => {
    {
      await using scene = new Scene();
      expect(await scenario(scene)).toEqual([]);
    }
    using _planted = plant(fault);
    await using scene = new Scene();
    expect(await scenario(scene)).toContainEqual(expect.stringContaining(found));
  });
});
