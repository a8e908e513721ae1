import { describe, expect, onTestFinished, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { databaseOf } from "../src/store/create-store.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

let databases = 0;

/** Creates a database on the same server. */
async function newDatabase(): Promise<string> {
  databases += 1;
  const database = `database${databases}`;
  await postgres.server.run(`create database ${database}`);
  return database;
}

/** Opens a store that is closed after the test. */
async function open(options: { database?: string; schema: string; leaseMs?: number }) {
  const { database = "postgres", ...others } = options;
  const store = await createPostgresStore({ pool: postgres.server.pool({ database }), ...others });
  onTestFinished(() => store.close());
  return { store, id: databaseOf(store)?.node.id };
}

describe.skipIf(!hasPostgres)("two databases of a server with the same schema", () => {
  test.each([
    ["a connection", "keeps no dead node alive", { hasLock: true, leaseMs: 600_000 }],
    ["a node", "is not ended with a dead one of its number", { hasLock: false, leaseMs: 1_500 }],
  ])("%s of the other one %s", async (_what, _fate, { hasLock, leaseMs }) => {
    const [database, schema] = [await newDatabase(), postgres.newSchema()];
    const dead = await open({ schema, leaseMs });
    await open({ schema, leaseMs });
    const other = await open({ database, schema });
    expect(other.id).toBe(dead.id);
    const backends = () =>
      postgres.server.run(
        `select pid from pg_stat_activity where datname = $1 and application_name like '%-${dead.id}'`,
        [database],
      );
    const before = await backends();
    await dead.store.close();
    await postgres.server.run(
      `insert into ${schema}.nodes (id, name, has_lock) overriding system value values ($1, 'dead', $2)`,
      [dead.id, hasLock],
    );

    const rows = () => postgres.server.run(`select id from ${schema}.nodes where id = $1`, [dead.id]);
    await expect.poll(rows).toEqual([]);

    expect(before).not.toEqual([]);
    expect(await backends()).toEqual(expect.arrayContaining(before));
  });
});
