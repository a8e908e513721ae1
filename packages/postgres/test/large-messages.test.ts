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
