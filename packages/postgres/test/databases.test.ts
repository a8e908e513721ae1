import { readFileSync, writeFileSync } from "node:fs";
import pg from "pg";
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

describe.skipIf(!hasPostgres)("a pool of another database", () => {
  test.each([
    ["has no schema", false],
    ["has the same schema", true],
  ])("is refused as the direct pool of a store, where the database %s", async (_what, hasSchema) => {
    const [database, schema] = [await newDatabase(), postgres.newSchema()];
    if (hasSchema) await open({ schema });
    const [pool, directPool] = [postgres.server.pool(), postgres.server.pool({ database })];
    await expect(createPostgresStore({ pool, directPool, schema })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message:
        "`directPool` must reach the same database as `pool`, got another one. Correct the options of one of them.",
    });
  });

  test("for searches is reported once, and searches go to the primary", async () => {
    const failures: string[] = [];
    const store = await createPostgresStore({
      pool: postgres.server.pool(),
      searchPool: postgres.server.pool({ database: "none" }),
      schema: postgres.newSchema(),
      onFailure: (error, during) => failures.push(`${during}: ${(error as Error).message}`),
    });
    onTestFinished(() => store.close());
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, { role: "user", content: "apple", timestamp: 1 });
    const found: string[] = [];
    for await (const { session } of store.searchSessions("apple")) found.push(session.sessionId);
    for await (const { session } of store.searchSessions("apple")) found.push(session.sessionId);
    expect(found).toEqual([sessionId, sessionId]);
    expect(failures).toEqual(['search on the standby: database "none" does not exist']);
  });
});

test.skipIf(!hasPostgres)("a store survives the end of idle connections, where no app listens", async () => {
  const [pool, searchPool] = [new pg.Pool(postgres.server.config), new pg.Pool(postgres.server.config)];
  const store = await createPostgresStore({ pool, searchPool, schema: postgres.newSchema() });
  for await (const _ of store.searchSessions("apple"));
  const ended = [pool, searchPool].map((one) => new Promise((resolve) => one.once("remove", resolve)));
  await postgres.server.run(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and state = 'idle'",
  );
  await Promise.all(ended);
  const { sessionId } = await store.createSession("k");
  expect(await store.getSession(sessionId)).toMatchObject({ sessionId });
  await store.close();
  await Promise.all([pool.end(), searchPool.end()]);
});

test.skipIf(!hasPostgres)("an app that has ended its pool hears of it once", async () => {
  const pool = postgres.server.pool();
  const failures: unknown[] = [];
  const store = await createPostgresStore({
    ...{ pool, schema: postgres.newSchema() },
    onFailure: (error) => failures.push(error),
  });
  const { sessionId } = await store.createSession("k");
  await store.appendMessage(sessionId, { role: "user", content: "apple", timestamp: 1 });
  await pool.end();
  let reads = 0;
  Object.defineProperty(pool, "ending", { get: () => (reads += 1) > 0 });
  // The index is tried again twice a second.
  await expect.poll(() => reads).toBeGreaterThan(2);
  expect(failures).toMatchObject([{ code: "STORE_CLOSED" }]);
  await store.close();
});

describe.skipIf(!hasPostgres)("a pool that reaches no database is refused with a remedy", () => {
  test.each([
    ["no such host", { host: "nowhere.invalid" }, "Check that a database runs at the address of the pool."],
    ["a wrong port", { host: "localhost", port: 1 }, "connect ECONNREFUSED"],
    ["no such socket", { host: "/nowhere" }, "Check that a database runs at the address of the pool."],
    ["SSL that the server has not", { ssl: true }, "Correct the options of the pool."],
    ["no password", { user: "secret" }, "client password must be a string. Correct the options of the pool."],
  ])("for %s", async (_what, config, remedy) => {
    const run = (text: string) => postgres.server.run(text);
    await run("do $$ begin create role secret login password 'p'; exception when others then end $$");
    const [hba] = await run("select current_setting('hba_file') as file");
    const file = String(hba?.["file"]);
    const rules = readFileSync(file, "utf8");
    if (!rules.includes("secret")) writeFileSync(file, `host all secret all scram-sha-256\n${rules}`);
    await run("select pg_reload_conf()");
    await expect(createPostgresStore({ pool: postgres.server.pool(config) })).rejects.toMatchObject({
      code: "READ_FAILED",
      message: expect.stringContaining(remedy) as string,
    });
  });
});
