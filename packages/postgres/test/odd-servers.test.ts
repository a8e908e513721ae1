import { Socket } from "node:net";
import type { SessionStore } from "@mini-openclaw/protocol";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { startEndingProxy } from "./server/ending-proxy.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

let roles = 0;

/** Creates a superuser with a setting of its own. */
async function newRole(setting: string): Promise<string> {
  roles += 1;
  const name = `role${roles}`;
  await postgres.server.run(`create role ${name} superuser login`);
  await postgres.server.run(`alter role ${name} set ${setting}`);
  return name;
}

/** Writes and reads texts, bytes, times and numbers on two stores that share a pool. */
async function exercise(pool: pg.Pool, directPool = pool): Promise<void> {
  const schema = postgres.newSchema();
  const stores: SessionStore[] = [];
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  for (let count = 0; count < 2; count += 1) {
    stores.push(await createPostgresStore({ pool, directPool, schema }));
  }
  const [one, other] = stores as [SessionStore, SessionStore];
  const content = "你好 \\ ' \" \u0000 \ud83d";
  const { sessionId, createdAt } = await one.getOrCreateSession("key");
  expect(await other.getOrCreateSession("key")).toMatchObject({ sessionId, createdAt });
  await one.appendMessages(sessionId, [says(content), says("two")]);
  const log = await one.openLog(sessionId);
  const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
  const blob = (await log.saveBlob?.(bytes)) ?? "";
  await expect(other.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
  await log.close();
  await other.archiveSession(sessionId);
  expect((await one.loadMessages(sessionId)).map((message) => message.content)).toEqual([content, "two"]);
  expect(await other.loadBlob?.(sessionId, blob)).toEqual(bytes);
  expect(await one.getSession(sessionId)).toMatchObject({ lastSeq: 3, archived: true });
  const found = [];
  for await (const { session } of other.searchSessions("你好", { archived: true }))
    found.push(session.sessionId);
  expect(found).toEqual([sessionId]);
}

/** Opens a store on a pool of its own. */
async function openAgain(schema: string) {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

describe.skipIf(!hasPostgres)("a store works", () => {
  test.each([
    "search_path = ''",
    "bytea_output = 'escape'",
    "standard_conforming_strings = off",
    "timezone = 'Asia/Kathmandu'",
    "extra_float_digits = -15",
    "client_encoding = 'LATIN1'",
    "idle_session_timeout = 100",
    "array_nulls = off",
  ])("as a role with %s", async (setting) => {
    await expect(exercise(postgres.server.pool({ user: await newRole(setting) }))).resolves.toBeUndefined();
  });

  test.each<[string, pg.PoolConfig]>([
    ["one connection", { max: 1 }],
    ["new connections each time", { maxUses: 1 }],
    ["types of its own", { types: { getTypeParser: () => () => "typed" } }],
  ])("with a pool of %s", async (_title, config) => {
    await expect(exercise(postgres.server.pool(config))).resolves.toBeUndefined();
  });

  test.each<[string, pg.PoolConfig]>([
    ["statement_timeout", { statement_timeout: 1 }],
    ["query_timeout", { query_timeout: 1 }],
    ["idle_in_transaction_session_timeout", { idle_in_transaction_session_timeout: 1 }],
  ])("with a `%s` of a millisecond, which its own connections do not have", async (_title, config) => {
    await expect(exercise(postgres.server.pool(), postgres.server.pool(config))).resolves.toBeUndefined();
  });

  test("with a deadline of a millisecond in a connection string, which its own connections do not have", async () => {
    const { port } = postgres.server;
    const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres?query_timeout=1`;
    await expect(
      exercise(postgres.server.pool(), postgres.server.pool({ connectionString })),
    ).resolves.toBeUndefined();
  });

  test("with a pool whose sockets are of a connector, which alone knows the way", async () => {
    const { port } = postgres.server;
    const stream = () => {
      const socket = new Socket();
      const connect = socket.connect.bind(socket) as (port: number, host: string) => Socket;
      return Object.assign(socket, { connect: () => connect(port, "127.0.0.1") });
    };
    await expect(
      exercise(postgres.server.pool({ host: "127.0.0.1", port: 1, stream })),
    ).resolves.toBeUndefined();
  });

  test("in an app that changed the types of all clients", async () => {
    for (const oid of [16, 17, 20, 23, 25, 701]) {
      const before = pg.types.getTypeParser(oid);
      pg.types.setTypeParser(oid, (text) => `typed ${text}`);
      onTestFinished(() => pg.types.setTypeParser(oid, before as (text: string) => unknown));
    }
    await expect(exercise(postgres.server.pool())).resolves.toBeUndefined();
  });

  test("in an app that resets its connections, which forget their prepared statements", async () => {
    const pool = postgres.server.pool({ max: 1 });
    pool.on("acquire", (client) => void client.query("discard all"));
    await expect(exercise(pool)).resolves.toBeUndefined();
  });

  test("as a role that may use a schema and create none", async () => {
    await postgres.server.run("create role guest login");
    const pool = postgres.server.pool({ user: "guest" });
    await expect(createPostgresStore({ pool, schema: "none" })).rejects.toMatchObject({
      code: "READ_FAILED",
      message:
        "The database failed: permission denied for database postgres. Grant the role that right, or let a role with it create the schema.",
    });
    await postgres.server.run("create schema for_guest authorization guest");
    const store = await createPostgresStore({ pool, schema: "for_guest" });
    await store.createSession("key");
    await store.close();
  });

  test("after connections that ended in the packet that opened them, and no error is left", async () => {
    await using proxy = await startEndingProxy(postgres.server.port, 5);
    const pool = postgres.server.pool({ port: proxy.port });
    const store = await createPostgresStore({ pool, schema: postgres.newSchema() });
    await store.createSession("key");
    expect(proxy.ended()).toBe(5);
    await store.close();
    await pool.end();
  });

  test("after its server was read-only for a while, as a primary is after a failover", async () => {
    const user = await newRole("work_mem = '4MB'");
    const store = await createPostgresStore({
      pool: postgres.server.pool({ user }),
      schema: postgres.newSchema(),
    });
    const { sessionId } = await store.createSession("key");
    const log = await store.openLog(sessionId);
    const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`;
    const refused = async () => {
      const [row] = await postgres.server.run(
        "select sum(xact_rollback)::int as count from pg_stat_database",
      );
      return Number(row?.["count"]);
    };
    await postgres.server.run(`alter role ${user} set default_transaction_read_only = on`);
    await postgres.server.run(terminate);
    const before = await refused();
    const appending = store.appendMessage(sessionId, says("kept"));
    await expect.poll(refused).toBeGreaterThan(before + 3);
    await postgres.server.run(`alter role ${user} reset default_transaction_read_only`);
    await postgres.server.run(terminate);
    await appending;
    expect((await store.loadMessages(sessionId)).map(({ content }) => content)).toEqual(["kept"]);
    await log.close();
    await store.close();
  });
});

test.skipIf(!hasPostgres)(
  "a node registers again whose role was locked when it was declared dead",
  async () => {
    const [user, schema] = [await newRole("work_mem = '4MB'"), postgres.newSchema()];
    const failures: string[] = [];
    const store = await createPostgresStore({
      ...{ pool: postgres.server.pool({ user }), schema },
      onFailure: (_, during) => failures.push(during),
    });
    await postgres.server.run(`alter role ${user} nologin`);
    await postgres.server.run(`delete from ${schema}.nodes`);
    await expect.poll(() => failures).toContain("connect the node again");
    await postgres.server.run(`alter role ${user} login`);
    await expect.poll(() => postgres.server.run(`select name from ${schema}.nodes`)).toHaveLength(1);
    await store.close();
  },
);

describe.skipIf(!hasPostgres)("a store refuses", () => {
  test("reads at once when the app has ended its pool. What was recorded is written", async () => {
    const pool = postgres.server.pool();
    const schema = postgres.newSchema();
    const failures: string[] = [];
    const onFailure = (error: unknown) => failures.push((error as Error).message);
    const store = await createPostgresStore({ pool, schema, onFailure });
    const { sessionId } = await store.createSession("key");
    const log = await store.openLog(sessionId);
    await log.record([
      { type: "user_message", runId: "r", id: "u", content: "kept", timestamp: 1 },
      { type: "run_start", runId: "r", timestamp: 1 },
    ]);
    await pool.end();
    await expect(store.listSessions()).rejects.toMatchObject({
      code: "STORE_CLOSED",
      message: "The app has ended the pool of the store. Close the store first, then its pool.",
    });
    await log.close();
    await store.close();
    await using other = await openAgain(schema);
    expect((await other.store.loadMessages(sessionId)).map(({ content }) => content)).toEqual(["kept"]);
  });

  test.each(["LATIN1", "EUC_CN", "SQL_ASCII"])("a database with the encoding %s", async (encoding) => {
    const database = `with_${encoding.toLowerCase()}`;
    await postgres.server.run(
      `create database ${database} template template0 encoding '${encoding}' locale 'C'`,
    );
    await expect(createPostgresStore({ pool: postgres.server.pool({ database }) })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `The database's \`encoding\` must be UTF8, got "${encoding}". Create a database with \`encoding 'UTF8'\`.`,
    });
  });

  test.each([
    ["default_transaction_isolation = 'repeatable read'", "must be read committed"],
    ["default_transaction_isolation = 'serializable'", "must be read committed"],
    ["default_transaction_read_only = on", "Connect to the primary"],
  ])("a role with %s", async (setting, text) => {
    const pool = postgres.server.pool({ user: await newRole(setting) });
    await expect(createPostgresStore({ pool })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(text) as string,
    });
  });

  test.each([
    ["a client", new pg.Client()],
    ["an object without options", { connect() {} }],
    ["nothing", undefined],
  ])("%s instead of a pool", async (_title, pool) => {
    await expect(createPostgresStore({ pool: pool as pg.Pool })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/^`pool` must be a pool of `pg`/) as string,
    });
  });

  test("a pool with binary results, in which `pg` returns wrong numbers", async () => {
    const pool = postgres.server.pool({ binary: true } as pg.PoolConfig);
    await expect(createPostgresStore({ pool })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("`pool.options.binary` must be false, got true.") as string,
    });
  });

  test.each(["My Schema", 'a"b', "1st", "schéma", "pg_claw"])(
    "the schema %s, by its name",
    async (schema) => {
      await expect(createPostgresStore({ pool: postgres.server.pool(), schema })).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: `\`schema\` must be lowercase letters, digits and "_", and begin with neither a digit nor pg_, got ${JSON.stringify(schema)}. Choose another name.`,
      });
    },
  );

  test("a database that does not exist", async () => {
    const pool = postgres.server.pool({ database: "nonesuch" });
    await expect(createPostgresStore({ pool })).rejects.toMatchObject({
      code: "READ_FAILED",
      message: 'The database failed: database "nonesuch" does not exist. Correct the options of the pool.',
    });
  });
});
