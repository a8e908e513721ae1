import type pg from "pg";
import { expect, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
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

test.skipIf(!hasPostgres)("files that take longer than a statement are in a fork too", async () => {
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
  // As many large files are for a slow disk.
  await postgres.server.run(
    `create function ${schema}.slow() returns trigger language plpgsql as
      'begin perform pg_sleep(1); return new; end';
    create trigger slow before insert on ${schema}.blobs for each row execute function ${schema}.slow()`,
  );

  const fork = await store.forkSession(sessionId);

  const copied = await Promise.all(blobs.map((blob) => store.loadBlob?.(fork.sessionId, blob)));
  expect(copied.map((bytes) => bytes?.[0])).toEqual([1, 2, 3, 4, 5, 6]);
  await store.close();
});
