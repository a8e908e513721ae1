import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { SessionStore } from "@mini-openclaw/protocol";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { createPoolQuery } from "../src/connection/pool-query.ts";
import { createPostgresStore } from "../src/index.ts";
import { databaseOf } from "../src/store/create-store.ts";
import { startCuttingProxy } from "./server/cutting-proxy.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writers that append one message after another, and remember what was acknowledged. */
function startWriters(store: SessionStore, sessionIds: readonly string[]) {
  const acknowledged = new Map<string, string[]>(sessionIds.map((id) => [id, []]));
  const refused: unknown[] = [];
  let isStopped = false;
  const write = async (sessionId: string) => {
    for (let count = 0; !isStopped; count += 1) {
      const token = `${sessionId}-${count}`;
      try {
        await store.appendMessage(sessionId, says(token));
        acknowledged.get(sessionId)?.push(token);
      } catch (error) {
        refused.push(error);
        await pause(10);
      }
    }
  };
  const writing = Promise.all(sessionIds.map(write));
  return {
    acknowledged,
    refused,
    total: () => [...acknowledged.values()].reduce((sum, tokens) => sum + tokens.length, 0),
    async stop() {
      isStopped = true;
      await writing;
    },
  };
}

/** Resolves when the writers got so many more acknowledgements. */
async function progress(writers: ReturnType<typeof startWriters>, count: number): Promise<void> {
  const goal = writers.total() + count;
  await expect.poll(() => writers.total(), { timeout: 30_000 }).toBeGreaterThan(goal);
}

/** Compares acknowledgements with stored lines: none lost, none twice, none changed, no gap. */
async function expectAllKept(store: SessionStore, acknowledged: ReadonlyMap<string, string[]>) {
  for (const [sessionId, tokens] of acknowledged) {
    const entries: { seq: number; content: string }[] = [];
    for await (const entry of store.entries(sessionId)) {
      if ("content" in entry) entries.push({ seq: entry.seq, content: entry.content });
    }
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_entry, index) => index + 1));
    const stored = entries.map(({ content }) => content);
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored.filter((content) => tokens.includes(content))).toEqual(tokens);
  }
}

async function openStore(options: { port?: number; user?: string } = {}) {
  const schema = postgres.newSchema();
  const failures: unknown[] = [];
  const store = await createPostgresStore({
    pool: postgres.server.pool({ max: 4, ...options }),
    schema,
    onFailure: (error) => failures.push(error),
  });
  const sessionIds: string[] = [];
  for (let count = 0; count < 5; count += 1) sessionIds.push((await store.createSession("k")).sessionId);
  return { store, schema, sessionIds, failures, node: () => databaseOf(store)?.node.id };
}

/** The processes of the server. */
function processesOf(pid: number | undefined): number[] {
  const children = readdirSync("/proc")
    .map(Number)
    .filter((one) => one > 0 && parentOf(one) === pid);
  return pid === undefined ? [] : [pid, ...children];
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasPostgres)("a store keeps every acknowledged message once", () => {
  test("while its connections are terminated, idle and busy", async () => {
    const { store, sessionIds, node } = await openStore();
    const before = node();
    const writers = startWriters(store, sessionIds);
    for (let round = 0; round < 10; round += 1) {
      await progress(writers, 20);
      await postgres.server.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()",
      );
    }
    await progress(writers, 20);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    expect(node()).toBe(before);
    await expectAllKept(store, writers.acknowledged);
    await store.close();
  });

  test("while the backends of a read and of a write are terminated in the middle", async () => {
    const { store, schema, sessionIds } = await openStore();
    const [sessionId = ""] = sessionIds;
    await store.appendMessage(sessionId, says("one"));
    const unindexed = `select 1 from ${schema}.sessions where indexed < last_seq`;
    await expect.poll(() => postgres.server.run(unindexed)).toEqual([]);
    const blocker = await postgres.server.pool().connect();
    await blocker.query(`begin; lock table ${schema}.entries in access exclusive mode`);
    const appending = store.appendMessage(sessionId, says("two"));
    const reading = store.loadMessages(sessionId, { before: 2 });
    const waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and pid <> all($1)";
    const isWaiting = (others: readonly unknown[]) =>
      expect.poll(() => postgres.server.run(waiting, [others])).toHaveLength(2);
    await isWaiting([]);
    const pids = (await postgres.server.run(waiting, [[]])).map(({ pid }) => pid);
    await postgres.server.run("select pg_terminate_backend(pid) from unnest($1::int[]) pid", [pids]);
    await isWaiting(pids);
    await blocker.query("rollback");
    blocker.release();
    expect((await appending).content).toBe("two");
    expect((await reading).map(({ content }) => content)).toEqual(["one"]);
    await expectAllKept(store, new Map([[sessionId, ["one", "two"]]]));
    await store.close();
  });

  test("while the database refuses connections because it has too many", async () => {
    await postgres.server.run("create role crowd login; grant create on database postgres to crowd");
    await postgres.server.run("alter role crowd connection limit 20");
    const { store, sessionIds, node } = await openStore({ user: "crowd" });
    const before = node();
    const writers = startWriters(store, sessionIds);
    await progress(writers, 20);
    await postgres.server.run("alter role crowd connection limit 0");
    await postgres.server.run(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'crowd'",
    );
    const pool = postgres.server.pool({ user: "crowd" });
    await expect(pool.connect()).rejects.toMatchObject({ code: "53300" });
    await postgres.server.run("alter role crowd connection limit 20");
    await progress(writers, 20);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    expect(node()).toBe(before);
    await expectAllKept(store, writers.acknowledged);
    await store.close();
  });

  test("while the database restarts, and crashes", async () => {
    const { store, sessionIds, node } = await openStore();
    const before = node();
    const writers = startWriters(store, sessionIds);
    for (const mode of ["fast", "immediate", "fast"] as const) {
      await progress(writers, 20);
      await postgres.server.stop(mode);
      await postgres.server.start();
    }
    await progress(writers, 20);
    await writers.stop();
    expect(node()).toBe(before);
    await expectAllKept(store, writers.acknowledged);
    await store.close();
  });

  test("while the database crashes in the middle of an answer", async () => {
    const { store, schema, sessionIds } = await openStore();
    const log = await store.openLog(sessionIds[0] ?? "");
    await log.record([{ type: "run_start", runId: "r1", timestamp: 1 }]);
    const chunk = { type: "chunk", runId: "r1", messageId: "m1" } as const;
    await log.record([{ ...chunk, content: "a" }]);
    await log.record([{ ...chunk, content: "b" }]);
    await postgres.server.stop("immediate");
    await postgres.server.start();
    await log.record([{ ...chunk, content: "c" }]);
    // The memory of the writer has them all. Another node continues with the rows.
    const rows = await postgres.server.run(`select line from ${schema}.live order by seq`);
    const events = rows.map(({ line }) => JSON.parse(String(line)) as { content?: string });
    expect(events.flatMap(({ content }) => content ?? [])).toEqual(["a", "b", "c"]);
    await store.close();
  });

  test("while the answers to its statements are lost", async () => {
    await using proxy = await startCuttingProxy(postgres.server.port);
    const { store, sessionIds } = await openStore({ port: proxy.port });
    const writers = startWriters(store, sessionIds);
    for (let round = 0; round < 10; round += 1) {
      await progress(writers, 10);
      proxy.loseNextAnswerTo("group_e");
      await expect.poll(() => proxy.cut, { timeout: 30_000 }).toBeGreaterThan(round);
    }
    await progress(writers, 10);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    await expectAllKept(store, writers.acknowledged);
    await store.close();
  });

  test("of a dead node when the answer to its claim is lost", async () => {
    await using proxy = await startCuttingProxy(postgres.server.port);
    const { store, schema, sessionIds } = await openStore();
    const pool = postgres.server.pool({ port: proxy.port });
    const other = await createPostgresStore({ pool, schema });
    const [sessionId = ""] = sessionIds;
    const log = await store.openLog(sessionId);
    await log.record([{ type: "run_start", runId: "r1", timestamp: 1 }]);
    await postgres.server.run(`delete from ${schema}.nodes where id = $1`, [databaseOf(store)?.node.id]);
    proxy.loseNextAnswerTo("skip locked");
    expect(await other.recover()).toEqual([sessionId]);
    expect(proxy.cut).toBe(1);
    await other.close();
    await store.close();
  });

  test.skipIf(process.platform !== "linux")("while the database stands still for six seconds", async () => {
    const { store, sessionIds, node } = await openStore();
    const before = node();
    const writers = startWriters(store, sessionIds);
    await progress(writers, 20);
    const stopped = processesOf(postgres.server.process.pid);
    for (const pid of stopped) process.kill(pid, "SIGSTOP");
    await pause(6_000);
    for (const pid of stopped) process.kill(pid, "SIGCONT");
    await progress(writers, 20);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    expect(node()).toBe(before);
    await expectAllKept(store, writers.acknowledged);
    await store.close();
  });
});

test("a store is not opened without a database, and names the reason", async () => {
  const pool = new pg.Pool({ host: "127.0.0.1", port: 1, user: "nobody" });
  await expect(createPostgresStore({ pool })).rejects.toMatchObject({
    code: "READ_FAILED",
    message: expect.stringContaining("ECONNREFUSED") as string,
  });
  await pool.end();
});

describe.skipIf(!hasPostgres)("a store whose database is gone", () => {
  test("rejects reads and new writers with a reason, and continues when it is back", async () => {
    const { store, sessionIds } = await openStore();
    const [sessionId = ""] = sessionIds;
    await postgres.server.stop("immediate");
    await expect(store.getSession(sessionId)).rejects.toMatchObject({ code: "READ_FAILED" });
    await expect(store.appendMessage(sessionId, says("late"))).rejects.toMatchObject({
      code: "WRITE_FAILED",
    });
    await postgres.server.start();
    await store.appendMessage(sessionId, says("again"));
    const loaded = await store.loadMessages(sessionId);
    expect(loaded.map(({ content }) => content)).toContain("again");
    await store.close();
  });

  test.each([
    ["repeats a statement", undefined, 2],
    ["rejects for a statement that must not run twice", true, 1],
  ] as const)("the pool %s whose answer is lost", async (_name, isOnce, count) => {
    await using proxy = await startCuttingProxy(postgres.server.port);
    const table = postgres.newSchema();
    await postgres.server.run(`create table ${table} (id int)`);
    const query = createPoolQuery(postgres.server.pool({ port: proxy.port }), {
      prefix: "",
      hasSession: () => true,
    });
    proxy.loseNextAnswerTo("insert");
    const text = `insert into ${table} values (1)`;
    const [result] = await Promise.allSettled([query({ text, ...(isOnce && { isOnce }) })]);

    expect(proxy.cut).toBeGreaterThan(0);
    expect(result.status).toBe(isOnce ? "rejected" : "fulfilled");
    expect(await postgres.server.run(`select from ${table}`)).toHaveLength(count);
  });
});
