import type { SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

test("a message that cannot be kept is refused, and the next one runs", async () => {
  await using gateway = await testGateway({ store: failingStore("user_message") });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one", id: "q1" });
  client.send({ type: "message", content: "two", id: "q2" });
  await client.next("run_end");

  expect(await client.next("error")).toMatchObject({ replyTo: "q1", code: "STORE_FAILED", retryable: true });
  expect(await client.next("user_message")).toMatchObject({ content: "two" });
});

test("a run whose end cannot be kept is ended when its session is opened again, at once", async () => {
  await using gateway = await testGateway({ store: failingStore("run_end") });
  const client = await gateway.connect();
  const { sessionId } = client;

  const { ended } = await gateway.gateway.submit({ sessionId, content: "hello" });

  expect(await ended).toMatchObject({ outcome: "interrupted" });
  await client.roundTrip();
  expect(client.types().filter((type) => type === "run_end")).toEqual(["run_end"]);
  expect(gateway.failures).toEqual([expect.stringMatching(/^run .*: the disk is full$/)]);
});

test("the message that waits for it ends with it, once, and the next one runs", async () => {
  await using gateway = await testGateway({ store: failingStore("run_end") });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one" });
  client.send({ type: "message", content: "two" });
  await client.next("run_end", 2);
  client.send({ type: "message", content: "three" });
  await client.next("run_end", 3);

  expect(
    client.frames.flatMap((frame) => {
      if (frame.type === "user_message") return frame.content;
      return frame.type === "run_end" ? frame.outcome : [];
    }),
  ).toEqual(["one", "interrupted", "two", "interrupted", "three", "completed"]);
});

test("messages that come together to a session that was put away and taken back each run", async () => {
  await using test = await testGateway();
  const { gateway, store } = test;
  const { sessionId } = await store.createSession("webchat");
  await (await gateway.submit({ sessionId, content: "one" })).ended;
  await store.archiveSession(sessionId);
  await store.unarchiveSession(sessionId);

  const contents = ["two", "three"];
  const submitted = await Promise.all(contents.map((content) => gateway.submit({ sessionId, content })));

  const ends = await Promise.all(submitted.map(({ ended }) => ended));
  expect(ends.map(({ content }) => content)).toEqual(contents);
});

/** A store that cannot keep the first event of a type. */
function failingStore(type: SessionEvent["type"]): SessionStore {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  let isFull = true;
  return Object.assign(store, {
    async openLog(sessionId: string) {
      const log = await openLog(sessionId);
      const record = log.record.bind(log);
      log.record = (events) => {
        if (!isFull || !events.some((event) => event.type === type)) return record(events);
        isFull = false;
        throw Object.assign(new Error("the disk is full"), { code: "WRITE_FAILED" });
      };
      return log;
    },
  });
}
