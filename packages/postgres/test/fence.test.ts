import type { SessionStore } from "@mini-openclaw/protocol";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { databaseOf } from "../src/store/create-store.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

/** Opens stores of several nodes on one schema. */
async function nodes(count: number, options: { leaseMs?: number } = {}) {
  const schema = postgres.newSchema();
  const stores: SessionStore[] = [];
  for (let index = 0; index < count; index += 1) {
    stores.push(
      await createPostgresStore({
        pool: postgres.server.pool(),
        schema,
        name: `node ${index + 1}`,
        ...options,
      }),
    );
  }
  return {
    schema,
    stores,
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
    },
  };
}

/** Resolves when a node declares others dead: its looks have been connected for a second. */
async function untilSettled(node: { applicationName: string | undefined } | undefined): Promise<void> {
  const settled = `select count(*)::int as count from pg_stat_activity
    where application_name = $1 and clock_timestamp() - backend_start > interval '1.5 s'`;
  await expect
    .poll(async () => (await postgres.server.run(settled, [node?.applicationName]))[0]?.["count"])
    .toBeGreaterThanOrEqual(2);
}

async function beginTransaction(): Promise<pg.Client> {
  const client = new pg.Client(postgres.server.config);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("begin");
  return client;
}

/** Waits until a write of a session waits for a transaction. */
async function isBlocking(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const text = `select 1 from pg_stat_activity
    where $1 = any(pg_blocking_pids(pid)) and query ~ 'sessions|entries'`;
  await expect.poll(() => postgres.server.run(text, [rows[0]?.pid])).not.toHaveLength(0);
}

const nodeId = (store: SessionStore | undefined) => (store ? databaseOf(store)?.node.id : undefined);

describe.skipIf(!hasPostgres)("a node", () => {
  test("refuses a session that a living node writes, by the name of that node", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores;
    const { sessionId } = (await one?.createSession("k")) ?? { sessionId: "" };
    const log = await one?.openLog(sessionId);
    await expect(other?.openLog(sessionId)).rejects.toMatchObject({
      code: "SESSION_LOCKED",
      message: expect.stringContaining("node 1") as string,
    });
    await log?.close();
    await (await other?.openLog(sessionId))?.close();
  });

  test("reads a session again that changes while the node claims it", async () => {
    await using one = await nodes(1);
    const [store] = one.stores;
    const { sessionId } = (await store?.createSession("k")) ?? { sessionId: "" };
    const client = await beginTransaction();
    await client.query(`update ${one.schema}.sessions set last_seq = 41 where id = $1`, [sessionId]);
    const appending = store?.appendMessage(sessionId, says("after 41"));
    await isBlocking(client);
    await client.query("commit");
    await expect(appending).resolves.toMatchObject({ seq: 42 });
  });

  test("writes nothing after its row was deleted, and registers again", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores;
    const { sessionId } = (await one?.createSession("k")) ?? { sessionId: "" };
    const log = await one?.openLog(sessionId);
    await one?.appendMessage(sessionId, says("before"));
    const before = nodeId(one);
    // The append waits for the deletion, so that no sign of life notices it earlier.
    const client = await beginTransaction();
    await client.query(`delete from ${two.schema}.nodes where id = $1`, [before]);
    const commit = async () => {
      await isBlocking(client);
      await client.query("commit");
    };
    const [appended] = await Promise.allSettled([one?.appendMessage(sessionId, says("fenced")), commit()]);
    expect(appended).toMatchObject({ status: "rejected", reason: { code: "SESSION_STOLEN" } });
    expect(() => log?.record([{ type: "run_start", runId: "r", timestamp: 1 }])).toThrow(
      expect.objectContaining({ code: "SESSION_STOLEN" }),
    );
    await other?.appendMessage(sessionId, says("after"));
    const loaded = await other?.loadMessages(sessionId);
    expect(loaded?.map(({ content }) => content)).toEqual(["before", "after"]);
    expect(await (one && databaseOf(one)?.node.ready())).toBeGreaterThan(before ?? 0);
    const { sessionId: next } = (await one?.createSession("k")) ?? { sessionId: "" };
    await one?.appendMessage(next, says("again"));
  });

  test("reports an id once that is lost while the node connects again", async () => {
    await using one = await nodes(1);
    const [store] = one.stores;
    const node = store && databaseOf(store)?.node;
    const before = node?.id ?? 0;
    const lost: number[] = [];
    node?.listen({ onFenced: (id) => lost.push(id) });
    const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
    const { query } = prototype;
    const isAsked = new Promise<void>((resolve) => {
      prototype.query = function (this: unknown, ...args: unknown[]) {
        const { text = "" } = args[0] as { text?: string };
        if (!text.startsWith("select 1 from") || !text.includes(".nodes where id")) {
          return query.apply(this, args);
        }
        // The connection asks for the row. Others delete it, and a write finds that first.
        prototype.query = query;
        return postgres.server.run(`delete from ${one.schema}.nodes`).then(() => {
          node?.fenced(before);
          resolve();
          return query.apply(this, args);
        });
      };
    });
    onTestFinished(() => {
      prototype.query = query;
    });
    await postgres.server.run(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'mini-openclaw%'",
    );
    await isAsked;
    expect(await node?.ready()).toBeGreaterThan(before);
    expect(lost).toEqual([before]);
  });

  test("declares a node without a connection dead long before its lease ends", async () => {
    await using one = await nodes(1, { leaseMs: 600_000 });
    const table = `${one.schema}.nodes`;
    const [dead] = await postgres.server.run(
      `insert into ${table} (name, has_lock) values ('dead', true) returning id`,
    );
    const rows = () => postgres.server.run(`select id from ${table} where id = $1`, [dead?.["id"]]);
    await expect.poll(rows).toEqual([]);
    expect(nodeId(one.stores[0])).toBeDefined();
  });

  test("is not declared dead without its lock while it has other connections", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores.map((store) => databaseOf(store)?.node);
    const id = one?.id;
    await untilSettled(other);
    const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
    const { query } = prototype;
    onTestFinished(() => {
      prototype.query = query;
    });
    prototype.query = function lockless(this: unknown, ...args: unknown[]) {
      const [statement, ...rest] = args as [{ text?: string; values?: unknown[] }, ...unknown[]];
      if (!statement.text?.includes("pg_try_advisory_lock")) return query.apply(this, args);
      return query.call(this, { text: "select false as locked" }, ...rest);
    };

    await postgres.server.run(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1::bigint::oid",
      [id],
    );

    // It tries for a second, and continues without the lock.
    const hasLock = `select has_lock from ${two.schema}.nodes where id = $1`;
    await expect.poll(() => postgres.server.run(hasLock, [id])).toEqual([{ has_lock: false }]);
    expect(one?.id).toBe(id);
  });

  test("is not declared dead while it connects again, under its name from the first moment", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores.map((store) => databaseOf(store)?.node);
    const [id, name] = [one?.id, one?.applicationName];
    await untilSettled(other);
    const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
    const { query } = prototype;
    onTestFinished(() => {
      prototype.query = query;
    });
    const names: unknown[] = [];
    prototype.query = function listing(this: unknown, ...args: unknown[]) {
      const { text } = args[0] as { text?: string };
      if (text !== "select pg_backend_pid() as pid") return query.apply(this, args);
      const asked = { text: "select pg_backend_pid() as pid, current_setting('application_name') as name" };
      return (query.call(this, asked) as Promise<{ rows: { name?: unknown }[] }>).then((result) => {
        names.push(result.rows[0]?.name);
        return result;
      });
    };
    const hasLock = "select 1 as held from pg_locks where locktype = 'advisory' and objid = $1::bigint::oid";

    for (let count = 1; count <= 3; count += 1) {
      await postgres.server.run(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1",
        [name],
      );
      await expect.poll(() => postgres.server.run(hasLock, [id])).toEqual([{ held: 1 }]);
    }

    expect(one?.id).toBe(id);
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect([...new Set(names)]).toEqual([name]);
  });

  test("ends the runs of a node that vanished", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores;
    const { sessionId } = (await one?.createSession("k")) ?? { sessionId: "" };
    const log = await one?.openLog(sessionId);
    await log?.record([
      { type: "user_message", runId: "r", id: "u", content: "hi", timestamp: 1 },
      { type: "run_start", runId: "r", timestamp: 1 },
      { type: "chunk", runId: "r", messageId: "m", content: "Hel" },
    ]);
    expect(await other?.recover()).toEqual([]);
    await postgres.server.run(`delete from ${two.schema}.nodes where id = $1`, [nodeId(one)]);
    expect(await other?.recover()).toEqual([sessionId]);
    const loaded = await other?.loadMessages(sessionId);
    expect(loaded?.map(({ content }) => content)).toEqual(["hi", "Hel"]);
    const owner = `select node from ${two.schema}.sessions where id = $1`;
    expect(await postgres.server.run(owner, [sessionId])).toEqual([{ node: null }]);
  });

  test("ends the runs of many sessions at once, short and long ones", async () => {
    await using two = await nodes(2);
    const [one, other] = two.stores;
    if (!one || !other) throw new Error("A node is missing.");
    // More sessions than one claim has, and more chunks than one read of many sessions has.
    const counts = [...Array.from({ length: 60 }, () => 1), 450];
    const sessionIds = await Promise.all(
      counts.map(async (count, index) => {
        const { sessionId } = await one.createSession(`k${index}`);
        const log = await one.openLog(sessionId);
        await log.record([
          { type: "user_message", runId: "r", id: "u", content: "hi", timestamp: 1 },
          { type: "run_start", runId: "r", timestamp: 1 },
        ]);
        const chunk = { type: "chunk", runId: "r", messageId: "m", content: "x" } as const;
        await log.record(Array.from({ length: count }, () => chunk));
        return sessionId;
      }),
    );
    await postgres.server.run(`delete from ${two.schema}.nodes where id = $1`, [nodeId(one)]);

    const recovered = await other.recover();
    const lengths = await Promise.all(
      sessionIds.map(async (id) => (await other.loadMessages(id)).at(-1)?.content.length),
    );

    expect(recovered.toSorted()).toEqual(sessionIds.toSorted());
    expect(lengths).toEqual(counts);
    expect(await other.recover()).toEqual([]);
  });
});
