import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { EventStreamReader } from "./http-client.ts";
import { testGateway } from "./test-gateway.ts";

const posting = (body: object = {}): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

test("sessions are renamed, searched, forked, archived, deleted and restored over HTTP", async () => {
  await using gateway = await testGateway();
  const watcher = await gateway.connect();
  const ask = async (path: string, init?: RequestInit) => {
    const response = await gateway.get(path, init);
    return [response.status, await response.json()] as const;
  };
  const [, { sessionId }] = (await ask("/sessions/current/messages", posting({ content: "needle" }))) as [
    number,
    { sessionId: string },
  ];
  const path = `/sessions/${sessionId}`;

  expect(await ask(`${path}/rename`, posting({ title: "A title" }))).toMatchObject([
    200,
    { sessionId, title: "A title" },
  ]);
  expect(await ask("/sessions/search?text=needle")).toMatchObject([
    200,
    { sessions: [{ sessionId, title: "A title" }] },
  ]);
  const [status, fork] = await ask(`${path}/fork`, posting());
  expect([status, fork]).toMatchObject([201, { forkedFrom: { sessionId } }]);
  expect(await ask(`${path}/archive`, posting())).toMatchObject([200, { sessionId, archived: true }]);
  expect(await ask(`${path}/unarchive`, posting())).toMatchObject([200, { sessionId }]);
  expect(await ask(path, { method: "DELETE" })).toEqual([200, { sessionId }]);
  expect((await ask(`${path}/messages`))[0]).toBe(404);
  expect(await ask(`${path}/undelete`, posting())).toMatchObject([200, { sessionId }]);
  expect((await ask(`${path}/rename`, posting({ title: "" })))[0]).toBe(400);
  expect((await ask("/sessions/search"))[0]).toBe(400);
  await watcher.roundTrip();

  expect(watcher.types()).toContain("session_deleted");
  expect(gateway.failures).toEqual([]);
});

test("HEAD is answered as GET, without a body", async () => {
  await using gateway = await testGateway();

  for (const path of [
    "/sessions",
    "/sessions/",
    "/sessions/current/messages",
    "/sessions/current/export",
    "/health",
  ]) {
    const { status, body } = await gateway.get(path, { method: "HEAD" });
    expect([path, status, body]).toEqual([path, 200, null]);
  }
});

test("an event's id has the epoch, so that a client starts over after numbers were reused", async () => {
  const store = createMemoryStore();
  await using gateway = await testGateway({ store });
  await gateway.get("/sessions/current/messages", posting({ content: "hello" }));
  const { sessionId, epoch } = await store.getOrCreateSession("webchat");
  const read = async (lastEventId: string) => {
    const response = await gateway.get(`/sessions/${sessionId}/events`, {
      headers: { "Last-Event-ID": lastEventId },
    });
    const reader = new EventStreamReader(response);
    const first = await reader.next();
    await reader.cancel();
    return first?.event;
  };

  expect(await read(`${epoch}:2`)).toBe("resumed");
  expect(await read("2")).toBe("resumed");
  expect(await read("another-epoch:2")).toBe("resync");
  expect(await read("")).toBe("resync");
});
