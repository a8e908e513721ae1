import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres, type PostgresServer, startPostgres } from "./server/postgres-server.ts";

let server: PostgresServer;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres({ wal_writer_delay: "10s" });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

let schemas = 0;

/** Opens a store with a session of a message. */
async function open() {
  schemas += 1;
  const store = await createPostgresStore({ pool: server.pool(), schema: `gone${schemas}` });
  const { sessionId } = await store.createSession("k");
  await store.appendMessage(sessionId, says("first"));
  return { store, sessionId };
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

describe.skipIf(!hasPostgres)("while the database is gone", () => {
  afterEach(async () => {
    await server.stop();
    await server.start();
  });

  test("each reader rejects with an error of the store", async () => {
    const { store, sessionId } = await open();
    const log = await store.openLog(sessionId);
    const events = Array.from({ length: 400 }, (_, index) => ({
      type: "user_message" as const,
      ...{ runId: "r", id: `u${index}`, content: "c", timestamp: 1 },
    }));
    await log.record(events);
    await server.stop();
    const failure = { code: "READ_FAILED", message: expect.stringMatching(/Retry later\.$/) as string };
    const rejecting = [store.entries(sessionId), store.searchSessions("first"), log.read({ after: 0 })].map(
      (items) => expect(readAll(items)).rejects.toMatchObject(failure),
    );
    await Promise.all(rejecting);
    await server.start();
    await store.close();
  });

  test("a search that its caller aborts rejects with the reason of the caller", async () => {
    const { store } = await open();
    const aborting = new AbortController();
    await server.stop();
    const reading = readAll(store.searchSessions("first", { signal: aborting.signal }));
    aborting.abort(new Error("enough"));
    await server.start();
    await expect(reading).rejects.toThrow("enough");
    await store.close();
  });

  test("a store closes within seconds. What it had not written is rejected", async () => {
    const { store, sessionId } = await open();
    const log = await store.openLog(sessionId);
    await server.stop();
    const recording = log.record([{ type: "run_start", runId: "r", timestamp: 1 }]);
    const outcome = Promise.resolve(recording).catch((error: unknown) => error);
    const closing = log.close();
    const closed: string[] = [];
    const first = store.close().then(() => closed.push("first"));
    await store.close().then(() => closed.push("second"));
    await first;
    expect(closed).toEqual(["first", "second"]);
    expect(await outcome).toMatchObject({ code: "STORE_CLOSED" });
    await closing;
  }, 20_000);

  test("a session that was deleted stays deleted, also after a crash of the database", async () => {
    const { store, sessionId } = await open();
    await store.deleteSession(sessionId);
    await server.stop("immediate");
    await server.start();
    expect(await store.getSession(sessionId)).toBeUndefined();
    expect(await store.getSession(sessionId, { deleted: true })).toMatchObject({ sessionId });
    await store.close();
  });
});
