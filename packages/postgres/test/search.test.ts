import type { SearchSessionsOptions, SessionStore } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();
const SESSIONS = 120;

/** Creates sessions, the newest one last, with a message for each text. */
async function createSessions(
  store: SessionStore,
  texts: (index: number) => readonly string[],
  count = SESSIONS,
) {
  const create = async (_: unknown, index: number) => {
    const { sessionId } = await store.createSession(`user:${index}`);
    const messages = texts(index).map((content) => {
      return { role: "user", content, timestamp: 1_000 + index } as const;
    });
    await store.appendMessages(sessionId, messages);
    return sessionId;
  };
  return Promise.all(Array.from({ length: count }, create));
}

async function openStore(schema = postgres.newSchema()) {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const isIndexed = async () => {
    const left = `select count(*)::int as left from ${schema}.sessions where indexed < last_seq`;
    await expect.poll(async () => (await postgres.server.run(left))[0]?.["left"]).toBe(0);
  };
  return { store, schema, isIndexed };
}

/** The numbers of the entries that the index has. */
async function indexedSeqs(schema: string): Promise<unknown[]> {
  return (await postgres.server.run(`select seq::int from ${schema}.search order by seq`)).map(
    ({ seq }) => seq,
  );
}

async function find(store: SessionStore, text: string, options?: SearchSessionsOptions) {
  const hits: { key: string; content: string | undefined; cursor: string }[] = [];
  for await (const { session, message, cursor } of store.searchSessions(text, options))
    hits.push({ key: session.key, content: message?.content, cursor });
  return hits;
}

const keysOf = (hits: readonly { key: string }[]) => hits.map(({ key }) => key);

describe.skipIf(!hasPostgres)("search", () => {
  test("finds a text of many sessions, the newest update first, before and after it is indexed", async () => {
    const { store, isIndexed } = await openStore();
    await createSessions(store, (index) => [index % 3 === 0 ? "a green apple" : "nothing"]);
    const expected = Array.from({ length: SESSIONS / 3 }, (_, index) => `user:${SESSIONS - 3 - 3 * index}`);
    expect(keysOf(await find(store, "Green App"))).toEqual(expected);
    await isIndexed();
    const hits = await find(store, "Green App");
    expect(keysOf(hits)).toEqual(expected);
    expect(hits[0]?.content).toBe("a green apple");
    const { cursor = "" } = hits[9] ?? {};
    expect(keysOf(await find(store, "green", { cursor }))).toEqual(expected.slice(10));
    await store.close();
  });

  test("finds a text of few sessions by the index", async () => {
    const { store, isIndexed } = await openStore();
    await createSessions(store, (index) => [index % 60 === 1 ? "写一首关于北京的诗" : "nothing"]);
    await isIndexed();
    const hits = await find(store, "北京");
    expect(keysOf(hits)).toEqual(["user:61", "user:1"]);
    expect(keysOf(await find(store, "北京", { cursor: hits[0]?.cursor ?? "" }))).toEqual(["user:1"]);
    expect(keysOf(await find(store, "北京", { key: "user:1" }))).toEqual(["user:1"]);
    expect(await find(store, "上海")).toEqual([]);
    await store.close();
  });

  test.each([1, 60])(
    "skips newer lines that have the groups of a text but not the text, one of %i",
    async (every) => {
      const { store, isIndexed } = await openStore();
      await createSessions(store, (index) => (index % every === 0 ? ["say abcd", "abc and bcd"] : ["none"]));
      await isIndexed();
      const hits = await find(store, "abcd");
      expect(hits).toHaveLength(SESSIONS / every);
      expect(new Set(hits.map(({ content }) => content))).toEqual(new Set(["say abcd"]));
      await store.close();
    },
  );

  test("finds the few and the many of long sessions, whichever way leads to them", async () => {
    const [count, lines, old] = [600, 20, 130];
    const textOf = (index: number, line: number) => {
      if (line === 0) return index % 8 === 0 ? "an apple" : "nothing";
      if (line === 1) return [599, 300, 5].includes(index) ? "a pear" : "nothing";
      if (line === 2) return index === 599 ? "a plum" : "nothing";
      return index < old ? "a plum and a fig" : "nothing";
    };
    const { store, isIndexed } = await openStore();
    await createSessions(
      store,
      (index) => Array.from({ length: lines }, (_, line) => textOf(index, line)),
      count,
    );
    await isIndexed();
    const expected = (has: (index: number) => boolean) =>
      Array.from({ length: count }, (_, index) => count - 1 - index)
        .filter(has)
        .map((index) => `user:${index}`);

    // One line of 160: more than a page among the newest sessions.
    const apples = await find(store, "apple");
    expect(keysOf(apples)).toEqual(expected((index) => index % 8 === 0));
    const { cursor = "" } = apples[40] ?? {};
    expect(keysOf(await find(store, "apple", { cursor }))).toEqual(keysOf(apples).slice(41));
    // A newest line has it, and few others.
    const pears = ["user:599", "user:300", "user:5"];
    expect(keysOf(await find(store, "a pear"))).toEqual(pears);
    expect(keysOf(await find(store, "a pear", { keyPrefix: "user:" }))).toEqual(pears);
    expect(keysOf(await find(store, "a pear", { keyPrefix: "user:3" }))).toEqual(["user:300"]);
    // A newest line has it, and more old ones than the index may return.
    expect(keysOf(await find(store, "a plum"))).toEqual(expected((index) => index === 599 || index < old));
    // Only old lines have it.
    expect(keysOf(await find(store, "a fig"))).toEqual(expected((index) => index < old));
    await store.close();
  });

  test("finds no session whose only line has the groups of a text but not the text", async () => {
    const { store, isIndexed } = await openStore();
    await createSessions(store, (index) => [index === 7 ? "abc and bcd" : "nothing"]);
    await isIndexed();
    expect(await find(store, "abcd")).toEqual([]);
    await store.close();
  });

  test("finds a title that no message has, and not the earlier title", async () => {
    const { store, isIndexed } = await openStore();
    const [first = ""] = await createSessions(store, () => ["hello"]);
    await isIndexed();
    await store.renameSession(first, "Zebra crossing");
    await isIndexed();
    expect(await find(store, "zebra")).toMatchObject([{ key: "user:0", content: undefined }]);
    await store.renameSession(first, "Lion");
    await isIndexed();
    expect(await find(store, "zebra")).toEqual([]);
    await store.close();
  });

  test("finds a text without a group, line by line", async () => {
    const { store, isIndexed } = await openStore();
    await createSessions(store, (index) => [index === 7 ? "qx" : "nothing"]);
    await isIndexed();
    expect(keysOf(await find(store, "qx"))).toEqual(["user:7"]);
    await store.close();
  });

  test("has the messages in its index that another node wrote and did not index", async () => {
    const { store, schema, isIndexed } = await openStore();
    const { store: other } = await openStore(schema);
    const { sessionId } = await other.createSession("k");
    await other.appendMessage(sessionId, { role: "user", content: "the first one", timestamp: 1 });
    // Closing ends its index before the texts are in it.
    await other.close();
    await store.appendMessage(sessionId, { role: "assistant", content: "the second one", timestamp: 2 });
    await isIndexed();
    expect(await indexedSeqs(schema)).toEqual([0, 1, 2]);
    await store.close();
  });

  test("lets a session be appended to while its earlier lines are indexed", async () => {
    const { store, schema, isIndexed } = await openStore();
    const { sessionId } = await store.createSession("k");
    const append = (content: string) =>
      store.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
    await append("first");
    await isIndexed();
    const client = await postgres.server.pool().connect();
    // The index waits for a row that another transaction inserts.
    const insert = `insert into ${schema}.search select sid, 2, '{}' from ${schema}.search limit 1`;
    await client.query(`begin; ${insert}`);
    await append("second");
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${schema}%'`;
    await expect.poll(() => postgres.server.run(waiting)).toHaveLength(1);
    await append("third");
    await client.query("rollback");
    client.release();
    await isIndexed();
    expect(await indexedSeqs(schema)).toEqual([0, 1, 2, 3]);
    await store.close();
  });

  test("indexes more texts at once than it keeps in memory", async () => {
    const { store, schema, isIndexed } = await openStore();
    // 7 million characters, which few statements have.
    await createSessions(store, (index) => [`number ${index} ${"x".repeat(60_000)}`]);
    await isIndexed();
    expect((await indexedSeqs(schema)).filter((seq) => seq === 1)).toHaveLength(SESSIONS);
    expect(keysOf(await find(store, "number 77 "))).toEqual(["user:77"]);
    await store.close();
  });
});
