import type { RecordedEvent } from "@mini-openclaw/protocol";
import type pg from "pg";
import { expect, test } from "vitest";
import { EventReader } from "../src/cluster/event-reader.ts";
import { createEventRead } from "../src/cluster/first-events.ts";
import { createPostgresStore } from "../src/index.ts";
import { databaseOf } from "../src/store/create-store.ts";
import { recoverSessions } from "../src/store/recover.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

/** Returns the names of the prepared statements that the clients of a pool send from now on. */
function namesOfStatements(pool: pg.Pool): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (config: { name?: string }) => void;
    const recorded = (config: { name?: string }) => {
      names.push(config.name);
      return query(config);
    };
    Object.assign(client, { query: recorded });
  });
  return names;
}

interface Result {
  rows: Record<string, unknown>[];
}

/** Returns the characters of the results that the clients of a pool get from now on. */
function sizesOfResults(pool: pg.Pool): number[] {
  const sizes: number[] = [];
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (config: unknown) => Promise<Result>;
    const measured = async (config: unknown) => {
      const result = await query(config);
      const values = result.rows.flatMap((row) => Object.values(row));
      sizes.push(values.reduce<number>((sum, value) => sum + String(value).length, 0));
      return result;
    };
    Object.assign(client, { query: measured });
  });
  return sizes;
}

async function readAll(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}

test.skipIf(!hasPostgres)(
  "no statement of a session with messages of megabytes returns all of them",
  async () => {
    const [pool, schema] = [postgres.server.pool(), postgres.newSchema()];
    const before = await createPostgresStore({ pool: postgres.server.pool(), schema });
    const { sessionId } = await before.createSession("k");
    for (let count = 0; count < 5; count += 1) {
      const content = "x".repeat(7_000_000);
      await before.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
    }
    await before.close();
    await postgres.server.run(`update ${schema}.sessions set indexed = 0`);
    await postgres.server.run(`delete from ${schema}.search`);
    const sizes = sizesOfResults(pool);

    const store = await createPostgresStore({ pool, schema });
    expect(await readAll(store.entries(sessionId))).toBe(5);
    expect(await readAll(store.searchSessions("no"))).toBe(0);
    const fork = await store.forkSession(sessionId);
    expect(await store.getSession(fork.sessionId)).toMatchObject({ messageCount: 5, lastSeq: 5 });
    await store.appendMessage(
      sessionId,
      { role: "user", content: "last", timestamp: 1 },
      { idempotencyKey: "k" },
    );
    const log = await store.openLog(sessionId);
    await log.record([{ type: "user_message", runId: "r", id: "u", content: "c", timestamp: 1 }]);
    const reading = log.read({ after: 0 })[Symbol.asyncIterator]();
    expect((await reading.next()).value).toMatchObject({ event: { seq: 7 } });
    await log.close();
    const behind = `select count(*)::int as count from ${schema}.sessions where indexed < last_seq`;
    await expect
      .poll(async () => (await postgres.server.run(behind))[0]?.["count"], { timeout: 30_000 })
      .toBe(0);
    // A page ends with the message that passes 16 MiB.
    expect(Math.max(...sizes)).toBeLessThan(22_000_000);
    await store.close();
  },
  120_000,
);

test.skipIf(!hasPostgres)("messages of megabytes are read in rows of some", async () => {
  const pool = postgres.server.pool();
  const names = namesOfStatements(pool);
  const store = await createPostgresStore({ pool, schema: postgres.newSchema() });
  const { sessionId } = await store.createSession("k");
  for (const start of ["1", "2", "3", "4", "5"]) {
    const content = start + "x".repeat(7_000_000);
    await store.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
  }

  const loaded = await store.loadMessages(sessionId);

  expect(loaded.map(({ content }) => [content[0], content.length])).toEqual(
    ["1", "2", "3", "4", "5"].map((start) => [start, 7_000_001]),
  );
  // Three of them have 21 MB, and a row ends with the one that passes 16 MiB.
  expect(names.filter((name) => name?.endsWith("history"))).toHaveLength(2);
  expect((await store.loadMessages(sessionId, { limit: 1 }))[0]?.content[0]).toBe("5");
  await store.close?.();
});

test.skipIf(!hasPostgres)("each file of a fork has a statement of its own", async () => {
  const schema = postgres.newSchema();
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const { sessionId } = await store.createSession("k");
  const log = await store.openLog(sessionId);
  const blobs: string[] = [];
  for (const byte of [1, 2, 3, 4, 5, 6]) {
    const blob = (await log.saveBlob?.(Uint8Array.of(byte))) ?? "";
    blobs.push(blob);
    const image = { type: "image", mediaType: "image/png", blob, bytes: 1 } as const;
    await store.appendMessage(sessionId, { role: "user", content: "", blocks: [image], timestamp: 1 });
  }
  await log.close();
  await postgres.server.run(
    `create table ${schema}.copies (at timestamptz default now());
    create function ${schema}.count() returns trigger language plpgsql as
      'begin insert into ${schema}.copies default values; return null; end';
    create trigger count after insert on ${schema}.blobs for each statement execute function ${schema}.count()`,
  );

  const fork = await store.forkSession(sessionId);

  const copied = await Promise.all(blobs.map(async (blob) => store.loadBlob?.(fork.sessionId, blob)));
  expect(copied.map((bytes) => bytes?.[0])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await postgres.server.run(`select from ${schema}.copies`)).toHaveLength(6);
  await store.close();
});

/** Opens a store with sessions of large messages, which its node writes. */
async function openLarge(schema: string, runId: string) {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const sessionIds: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { sessionId } = await store.createSession(`k${count}`);
    sessionIds.push(sessionId);
    const log = await store.openLog(sessionId);
    for (let seq = 1; seq <= 3; seq += 1) {
      const content = "x".repeat(7_000_000);
      await log.record([{ type: "user_message", runId, id: `u${seq}`, content, timestamp: 1 }]);
    }
  }
  return { store, sessionIds };
}

test.skipIf(!hasPostgres)("large messages of several sessions reach other nodes page by page", async () => {
  const schema = postgres.newSchema();
  const { store, sessionIds } = await openLarge(schema, "r");
  const pool = postgres.server.pool();
  const sizes = sizesOfResults(pool);
  const other = await createPostgresStore({ pool, schema });
  const { query, names } = databaseOf(other)?.context ?? {};
  if (!query || !names) throw new Error("The store has no database.");

  // Watchers that follow all sessions from the first event on.
  const seen: string[] = [];
  const onEvents = (events: readonly RecordedEvent[]) => {
    for (const { event } of events) seen.push(`${sessionIds.indexOf(event.sessionId)}:${event.seq}`);
  };
  const reader = new EventReader({ query, names, onEvents, wake() {} });
  await postgres.server.run(`create table ${schema}.kept as select * from ${schema}.entries`);
  await postgres.server.run(`delete from ${schema}.entries; update ${schema}.sessions set last_seq = 0`);
  for (const sessionId of sessionIds) await reader.follow(sessionId);
  await postgres.server.run(`insert into ${schema}.entries select * from ${schema}.kept`);
  reader.markAll();
  await reader.read();
  // Clients that resume at the same time.
  const read = createEventRead(query, names);
  const resumed = await Promise.all(
    sessionIds.map(async (sessionId) => {
      const seqs: number[] = [];
      for await (const { event } of read({ sessionId, after: 0 })) seqs.push(event.seq);
      return seqs;
    }),
  );

  const numbers = [1, 2, 3];
  expect(seen.toSorted()).toEqual([0, 1, 2].flatMap((index) => numbers.map((seq) => `${index}:${seq}`)));
  expect(resumed).toEqual([numbers, numbers, numbers]);
  expect(Math.max(...sizes)).toBeLessThan(22_000_000);
  await store.close();
  await other.close();
});

test.skipIf(!hasPostgres)("runs with large messages are ended page by page", async () => {
  const schema = postgres.newSchema();
  const { store, sessionIds } = await openLarge(schema, "r");
  const pool = postgres.server.pool();
  const sizes = sizesOfResults(pool);
  const other = await createPostgresStore({ pool, schema });
  const context = databaseOf(other)?.context;
  if (!context) throw new Error("The store has no database.");
  await postgres.server.run(`delete from ${schema}.nodes where id = $1`, [databaseOf(store)?.node.id]);

  const recovered = await recoverSessions({ ...context, urgentQuery: context.query });

  expect(recovered.toSorted()).toEqual(sessionIds.toSorted());
  for (const sessionId of sessionIds)
    expect(await other.getSession(sessionId)).toMatchObject({ messageCount: 3, lastSeq: 4 });
  expect(Math.max(...sizes)).toBeLessThan(22_000_000);
  await store.close();
  await other.close();
});
