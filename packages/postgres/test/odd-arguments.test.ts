import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { calls, outcomesOf } from "../../session-store/test/odd-calls.ts";
import { createPostgresStore, type PostgresStoreOptions } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

describe.skipIf(!hasPostgres)("a value of any type is accepted, or refused as by the memory store", () => {
  let store: SessionStore;

  beforeAll(async () => {
    store = await createPostgresStore({ pool: postgres.server.pool(), schema: postgres.newSchema() });
  });
  afterAll(() => store.close());

  test.each(Object.entries(calls))("as %s", async (_, call) => {
    expect(await outcomesOf(store, call)).toEqual(await outcomesOf(createMemoryStore(), call));
  });
});

test.skipIf(!hasPostgres)("a listener to failures that throws stops nothing", async () => {
  const schema = postgres.newSchema();
  const onFailure = vi.fn<() => void>(() => {
    throw new Error("the app's own");
  });
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema, onFailure });
  const { sessionId } = await store.createSession("k");
  await postgres.server.run(`alter table ${schema}.nodes rename to others`);
  // The beat, and the look at the other nodes.
  const steps = () => new Set(onFailure.mock.calls.map((call) => (call as unknown[])[1]));
  await expect.poll(() => steps().size).toBe(2);
  await postgres.server.run(`alter table ${schema}.others rename to nodes`);
  await store.appendMessage(sessionId, { role: "user", content: "kept", timestamp: 1 });
  await store.close();
});

test.skipIf(!hasPostgres)("a schema of a newer version is refused by its own code", async () => {
  const [pool, schema] = [postgres.server.pool(), postgres.newSchema()];
  await (await createPostgresStore({ pool, schema })).close();
  await postgres.server.run(`insert into ${schema}.migrations (version) values (99)`);
  await expect(createPostgresStore({ pool, schema })).rejects.toMatchObject({
    code: "UNSUPPORTED_VERSION",
    message: expect.stringMatching(/got 99\. Update @mini-openclaw\/postgres\.$/) as string,
  });
});

test.skipIf(!hasPostgres)("what a node leaves that died in a fork is removed after a day", async () => {
  const schema = postgres.newSchema();
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const count = async () => (await postgres.server.run(`select * from ${schema}.entries`)).length;
  for (const node of ["null", "(select id from nodes)", "(select id + 1 from nodes)"]) {
    const { sessionId } = await store.createSession("fork");
    await postgres.server.run(
      `set search_path = ${schema};
       insert into entries select num, 1, '{}' from sessions where id = '${sessionId}';
       update sessions set created = 1, node = ${node} where id = '${sessionId}'`,
    );
  }
  const { sessionId } = await store.createSession("k");
  await store.deleteSession(sessionId);
  // The living node keeps its own.
  expect(await count()).toBe(1);
  await store.close();
});

test.skipIf(!hasPostgres)("nothing is removed for good by a clock that is wrong", async () => {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema: postgres.newSchema() });
  const rightTime = Date.now;
  const create = async (key: string) => {
    const { sessionId } = await store.createSession(key);
    if (key !== "empty") await store.appendMessage(sessionId, { role: "user", content: "c", timestamp: 1 });
    return sessionId;
  };
  try {
    const deleted: string[] = [];
    const empty = await create("empty");
    for (const days of [0, 8, -8, 0]) {
      Date.now = () => rightTime() + days * 86_400_000;
      const sessionId = await create(`k${deleted.length}`);
      await store.deleteSession(sessionId);
      deleted.push(sessionId);
    }
    for (const sessionId of deleted)
      expect((await store.undeleteSession(sessionId)).sessionId).toBe(sessionId);
    expect(await store.getSession(empty)).toMatchObject({ sessionId: empty });
  } finally {
    Date.now = rightTime;
    await store.close();
  }
});

test.skipIf(!hasPostgres)("a fork that fails in the middle leaves nothing", async () => {
  const schema = postgres.newSchema();
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const { sessionId } = await store.createSession("k");
  const messages = Array.from({ length: 501 }, () => ({ role: "user", content: "c", timestamp: 1 }) as const);
  await store.appendMessages(sessionId, messages);
  await postgres.server.run(`alter table ${schema}.entries add constraint first check (seq < 501) not valid`);
  await expect(store.forkSession(sessionId)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  const count = `select (select count(*)::int from ${schema}.sessions) as sessions,
    (select count(distinct sid)::int from ${schema}.entries) as transcripts`;
  expect(await postgres.server.run(count)).toEqual([{ sessions: 1, transcripts: 1 }]);
  await store.close();
});

test.skipIf(!hasPostgres).each<[string, Partial<PostgresStoreOptions>, string]>([
  ["a name that no table has", { name: "a\0b" }, "`name` must be a string without NUL characters"],
  ["a listener that is none", { onFailure: 5 as never }, "`onFailure` must be a function, got 5."],
])("createPostgresStore refuses %s", async (_, options, text) => {
  await expect(createPostgresStore({ pool: postgres.server.pool(), ...options })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringContaining(text) as string,
  });
});
