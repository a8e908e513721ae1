import type { ClusterMember, RecordedEvent } from "@mini-openclaw/protocol";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { readPayload } from "../../src/cluster/payload.ts";
import { createPostgresCluster, createPostgresStore } from "../../src/index.ts";
import { namesOf } from "../../src/schema/names.ts";
import { databaseOf } from "../../src/store/create-store.ts";
import { hasPostgres } from "../server/postgres-server.ts";
import { useServer } from "../server/use-server.ts";

const postgres = useServer();

const SESSIONS = 60;

/** Opens a node: its store, and its part of the cluster. */
async function openNode(schema: string, member: Partial<ClusterMember> = {}) {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const cluster = createPostgresCluster({ store });
  const ignore = () => undefined;
  const leave = cluster.join({
    onRequest: async () => "",
    onNotice: ignore,
    onNoticesLost: ignore,
    onEvents: ignore,
    onNodeGone: ignore,
    onOwnershipLost: ignore,
    ...member,
  });
  return {
    store,
    cluster,
    async [Symbol.asyncDispose]() {
      leave();
      await store.close();
    },
  };
}

/** Counts the prepared statements of this process by their names. */
function countStatements(): Map<string, number> {
  const counts = new Map<string, number>();
  const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
  const { query } = prototype;
  prototype.query = function counting(this: unknown, ...args: unknown[]) {
    const { name = "" } = args[0] as { name?: string };
    const own = name.replace(/^mini_openclaw_\d+_/, "");
    counts.set(own, (counts.get(own) ?? 0) + 1);
    return query.apply(this, args);
  };
  onTestFinished(() => {
    prototype.query = query;
  });
  return counts;
}

/** Listens to the notifications of a schema. `mail` has the nodes that each one for mail wakes. */
async function listenTo(schema: string) {
  const client = new pg.Client(postgres.server.config);
  const mail: number[][] = [];
  client.on("notification", ({ payload = "" }) => {
    const read = readPayload(payload);
    if (read.kind === "mail") mail.push([...(read.nodes ?? [])].sort((one, other) => one - other));
  });
  await client.connect();
  await client.query(`listen ${namesOf(schema).channel}`);
  return { client, mail };
}

async function collect(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent["event"][]> {
  const all: RecordedEvent["event"][] = [];
  for await (const { event } of events) all.push(event);
  return all;
}

describe.skipIf(!hasPostgres)("many clients that resume at once", () => {
  test("share the statements of each step, and each gets its own session", async () => {
    const schema = postgres.newSchema();
    await using owner = await openNode(schema);
    await using node = await openNode(schema);
    // The last session has more events than one shared read has.
    const lengths = Array.from({ length: SESSIONS }, (_, index) => (index === SESSIONS - 1 ? 130 : 1));
    const sessionIds = await Promise.all(
      lengths.map(async (count, index) => {
        const { sessionId } = await owner.store.getOrCreateSession(`k${index}`);
        const log = await owner.store.openLog(sessionId);
        await log.record([{ type: "user_message", runId: "r", id: "u", content: "hi", timestamp: 1 }]);
        const chunk = { type: "chunk", runId: "r", messageId: "m", content: `${index}` } as const;
        await log.record(Array.from({ length: count }, () => chunk));
        return sessionId;
      }),
    );
    const newest = lengths.map((count) => count + 1);
    const counts = countStatements();

    const owners = await Promise.all(sessionIds.map((id) => node.cluster.ownerOf(id)));
    const found = await Promise.all(sessionIds.map((id) => node.store.getSession(id)));
    const byKey = await Promise.all(sessionIds.map((_, index) => node.store.getOrCreateSession(`k${index}`)));
    const followed = await Promise.all(sessionIds.map((id) => node.cluster.follow(id)));
    const events = await Promise.all(sessionIds.map((id) => collect(node.cluster.read(id, { after: 1 }))));

    for (const name of ["owner_of", "find_session", "find_by_key", "follow", "first_events"])
      expect([name, counts.get(name)]).toEqual([name, 1]);
    expect(new Set(owners).size).toBe(1);
    expect(owners[0]).toEqual(expect.any(String));
    expect(found.map((meta) => meta?.sessionId)).toEqual(sessionIds);
    expect(byKey.map(({ sessionId }) => sessionId)).toEqual(sessionIds);
    expect(followed).toEqual(newest);
    for (const [index, own] of events.entries()) {
      const expected = { type: "chunk", sessionId: sessionIds[index], content: `${index}` };
      expect(own).toHaveLength(lengths[index] ?? 0);
      for (const event of own) expect(event).toMatchObject(expected);
      expect(own.at(-1)?.seq).toBe(newest[index]);
    }
  });

  test("claim their sessions with one statement, and those that are locked are refused alone", async () => {
    const schema = postgres.newSchema();
    await using owner = await openNode(schema);
    await using node = await openNode(schema);
    const metas = await Promise.all(
      Array.from({ length: SESSIONS }, (_, index) => owner.store.createSession(`k${index}`)),
    );
    await owner.store.openLog(metas[0]?.sessionId ?? "");
    const counts = countStatements();

    const opened = await Promise.allSettled(metas.map(({ sessionId }) => node.store.openLog(sessionId)));

    const [refused, ...others] = opened;
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "SESSION_LOCKED" } });
    const logs = others.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    expect(logs).toHaveLength(SESSIONS - 1);
    // The locked session is claimed, looked at, and refused. So it needs no second claim.
    expect(counts.get("claim_free")).toBe(1);
    await Promise.all(logs.map((log) => log.close()));
  });
});

describe.skipIf(!hasPostgres)("a request to another node", () => {
  test("wakes that node only, and a notice wakes all others", async () => {
    const schema = postgres.newSchema();
    await using node = await openNode(schema);
    await using other = await openNode(schema, { onRequest: async (body) => `answer to ${body}` });
    await using third = await openNode(schema);
    const idOf = ({ store }: typeof node) => databaseOf(store)?.node.id ?? 0;
    const { client, mail } = await listenTo(schema);

    await expect(node.cluster.request("2000000000", "hi")).rejects.toMatchObject({ code: "NODE_GONE" });
    expect(await node.cluster.request(String(idOf(other)), "hi")).toBe("answer to hi");
    node.cluster.broadcast("a notice");

    const everybody = [idOf(other), idOf(third)].sort((one, next) => one - next);
    const woken = [[idOf(other)], [idOf(node)], everybody].map(String);
    // A request is repeated if its answer takes a second.
    await expect.poll(() => [...new Set(mail.map(String))]).toEqual(woken);
    await client.end();
  });
});
