import type { SessionStore } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres, type PostgresServer } from "./server/postgres-server.ts";
import { startProxy } from "./server/proxy.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

async function find(store: SessionStore, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { message } of store.searchSessions(text)) found.push(message?.content ?? "");
  return found;
}

/** Resolves when a standby has everything that the primary has written. */
async function isReplayed(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const [newest] = await primary.run("select pg_current_wal_insert_lsn()::text as lsn");
  const text = "select coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as replayed";
  const isThere = async () => (await standby.run(text, [newest?.["lsn"]]))[0]?.["replayed"];
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
}

describe.skipIf(!hasPostgres)("a store with a standby for searches", () => {
  test("searches what the standby has, and the primary while the standby is away", async () => {
    const { server } = postgres;
    await using standby = await server.startStandby();
    const store = await createPostgresStore({ pool: server.pool(), searchPool: standby.pool() });
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, says("a green apple"));
    await isReplayed(server, standby);
    expect(await find(store, "green")).toEqual(["a green apple"]);
    // The primary alone has the messages from here on.
    await standby.run("select pg_wal_replay_pause()");
    const state = "select pg_get_wal_replay_pause_state() as state";
    await expect.poll(() => standby.run(state)).toEqual([{ state: "paused" }]);
    await store.appendMessage(sessionId, says("a green pear"));
    // A busy standby may have been avoided for some seconds.
    await expect.poll(() => find(store, "pear")).toEqual([]);
    await standby.stop("immediate");
    expect(await find(store, "pear")).toEqual(["a green pear"]);
    await store.close();
  });

  test("is refused for another object", async () => {
    const searchPool = {} as never;
    await expect(createPostgresStore({ pool: postgres.server.pool(), searchPool })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("`searchPool` must be a pool") as string,
    });
  });
});

describe.skipIf(!hasPostgres)("a store whose primary fails over to a standby", () => {
  test("continues there as the same node, with every acknowledged message", async () => {
    const { server } = postgres;
    await using standby = await server.startStandby();
    const streaming = "select 1 from pg_stat_replication where state = 'streaming'";
    await expect.poll(() => server.run(streaming)).toHaveLength(1);
    // An acknowledged message is on the standby.
    await server.run("alter system set synchronous_standby_names = '*'");
    await server.run("select pg_reload_conf()");
    let current = server;
    await using proxy = await startProxy(() => current.port);
    const schema = postgres.newSchema();
    const store = await createPostgresStore({ pool: server.pool({ port: proxy.port }), schema });
    const { sessionId } = await store.createSession("k");
    const acknowledged: string[] = [];
    const append = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const content = `message ${acknowledged.length}`;
        await store.appendMessage(sessionId, says(content));
        acknowledged.push(content);
      }
    };
    await append(20);
    const appending = append(200);
    await server.stop("immediate");
    await standby.run("select pg_promote()");
    current = standby;
    await appending;
    await append(20);
    const loaded = await store.loadMessages(sessionId, { limit: 500 });
    expect(loaded.map(({ content }) => content)).toEqual(acknowledged);
    const nodes = await standby.run(`select count(*)::int as count from ${schema}.nodes`);
    expect(nodes).toEqual([{ count: 1 }]);
    await store.close();
  });
});
