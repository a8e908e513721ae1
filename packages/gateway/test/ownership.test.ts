import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientEvent } from "@mini-openclaw/protocol";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { type Attempt, type GatewayOptions, ownerOnly } from "../src/index.ts";
import { type TestClient, testGateway } from "./test-gateway.ts";

/** A gateway that knows callers by a header, and allows some actions on sessions of others too. */
function sharedGateway(allowed: Attempt["action"][], options: Partial<GatewayOptions> = {}) {
  return testGateway({
    authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    authorize: (attempt) => ownerOnly(attempt) || allowed.includes(attempt.action),
    sessionKey: () => "support",
    ...options,
  });
}

type Gateway = Awaited<ReturnType<typeof sharedGateway>>;

const as = (gateway: Gateway, id: string) => gateway.connect({ "x-user": id });

/** A session of the owner with one answered message. */
async function ownedSession(gateway: Gateway, content = "a secret") {
  const owner = await as(gateway, "owner");
  owner.send({ type: "message", content });
  await owner.next("run_end");
  const [message] = await gateway.store.loadMessages(owner.sessionId);
  return { owner, sessionId: owner.sessionId, runId: message?.runId ?? "" };
}

function seenOf({ frames }: TestClient, sessionId: string): string[] {
  return frames.flatMap((frame) => ("seq" in frame && frame.sessionId === sessionId ? [frame.type] : []));
}

describe("a principal that may not `resume` a session gets nothing of it", () => {
  test.each([
    [
      "message",
      (sessionId: string): ClientEvent => ({ type: "message", sessionId, content: "a ticket", id: "q1" }),
    ],
    [
      "retry",
      (sessionId: string, runId: string): ClientEvent => ({ type: "retry", sessionId, runId, id: "q1" }),
    ],
  ] as const)("after a %s", async (type, command) => {
    await using gateway = await sharedGateway([type]);
    const { owner, sessionId, runId } = await ownedSession(gateway);
    const stranger = await as(gateway, "stranger");
    const ownId = stranger.sessionId;

    stranger.send(command(sessionId, runId));
    await stranger.next("ack");
    await owner.next("run_end", 2);
    owner.send({ type: "message", content: "another secret" });
    await owner.next("run_end", 3);
    stranger.send({ type: "message", content: "mine" });
    await stranger.next("run_end");

    expect(seenOf(stranger, sessionId)).toEqual([]);
    expect(seenOf(stranger, ownId)).toContain("run_end");
  });

  test("after a create, whose answer has the new session's id", async () => {
    const authorize = ({ action, session }: Attempt) => session === undefined || action === "message";
    await using gateway = await sharedGateway([], { authorize });
    const stranger = await as(gateway, "stranger");
    stranger.send({ type: "create", id: "q1" });
    const { sessionId } = await stranger.next("connected", 2);

    await (await gateway.gateway.submit({ sessionId, content: "a secret" })).ended;
    await stranger.roundTrip();

    expect(seenOf(stranger, sessionId)).toEqual([]);
  });

  test("in a search: neither an excerpt nor that a message has the text", async () => {
    await using gateway = await sharedGateway(["list"]);
    const { sessionId } = await ownedSession(gateway, `${"plan ".repeat(14)} and then swordfish`);
    const stranger = await as(gateway, "stranger");

    stranger.send({ type: "search", text: "swordfish" });
    stranger.send({ type: "search", text: "plan" });
    const [byMessage, byTitle] = [await stranger.next("sessions"), await stranger.next("sessions", 2)];

    expect(byMessage.sessions).toEqual([]);
    expect(byTitle.sessions).toMatchObject([{ sessionId }]);
    expect(byTitle.sessions[0]).not.toHaveProperty("excerpt");
  });

  test("through a fork", async () => {
    await using gateway = await sharedGateway(["fork", "message"]);
    const { sessionId } = await ownedSession(gateway);
    const stranger = await as(gateway, "stranger");

    stranger.send({ type: "fork", sessionId });

    expect(await stranger.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

describe("a fork", () => {
  test("belongs to whom forked it, under that caller's key", async () => {
    await using gateway = await sharedGateway(["resume", "fork"], {
      sessionKey: (principal) => `webchat:${principal?.id}`,
    });
    const { owner, sessionId } = await ownedSession(gateway);
    const boss = await as(gateway, "boss");

    boss.send({ type: "fork", sessionId, id: "q1" });
    await boss.roundTrip();
    const fork = boss.activity.find(({ replyTo }) => replyTo === "q1");
    const again = await as(gateway, "owner");

    expect(fork).toMatchObject({ owner: "boss", key: "webchat:boss", forkedFrom: { sessionId } });
    expect(again.sessionId).toBe(owner.sessionId);
  });
});

describe("callers that share a key", () => {
  test("each get their own newest session again", async () => {
    await using gateway = await sharedGateway([]);
    const seen = new Map<string, Set<string>>();
    for (const id of ["alice", "bob", "alice", "bob", "carol", "alice"]) {
      const client = await as(gateway, id);
      client.send({ type: "message", content: `hi from ${id}` });
      await client.next("run_end");
      seen.set(id, (seen.get(id) ?? new Set()).add(client.sessionId));
      await client.close();
    }

    const sessions = [...seen.values()].map((ids) => [...ids]);
    expect(sessions.map((ids) => ids.length)).toEqual([1, 1, 1]);
    expect(new Set(sessions.flat()).size).toBe(3);
  });

  test("get a session of another again that they may resume", async () => {
    await using gateway = await sharedGateway(["resume"]);
    const { sessionId } = await ownedSession(gateway);

    const other = await as(gateway, "other");

    expect(other.sessionId).toBe(sessionId);
  });
});

describe("a message that is submitted for a principal", () => {
  test.each([
    ["in memory", async () => ({ store: createMemoryStore(), remove: () => Promise.resolve() })],
    [
      "on files",
      async () => {
        const folder = await mkdtemp(join(tmpdir(), "ownership"));
        return { store: await openSessionStore(folder), remove: () => rm(folder, { recursive: true }) };
      },
    ],
  ] as const)("goes to a session that the principal begins in, with a store %s", async (_, open) => {
    const { store, remove } = await open();
    const principal = { id: "alice" };
    {
      await using gateway = await testGateway({
        store,
        authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
      });
      const first = await gateway.gateway.submit({ principal, content: "Good morning" });
      const second = await gateway.gateway.submit({ principal, key: "webchat:alice", content: "Again" });
      await Promise.all([first.ended, second.ended]);
      const alice = await gateway.connect({ "x-user": "alice" });
      const bob = await gateway.connect({ "x-user": "bob" });
      bob.send({ type: "history", sessionId: first.sessionId });

      expect([second.sessionId, alice.sessionId]).toEqual([first.sessionId, first.sessionId]);
      expect(await bob.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
    }
    await remove();
  });

  test("goes to the principal's own session of a shared key", async () => {
    await using gateway = await sharedGateway([]);
    const { sessionId } = await ownedSession(gateway);
    const other = await as(gateway, "other");
    other.send({ type: "message", content: "newer" });
    await other.next("run_end");

    const submitted = await gateway.gateway.submit({
      principal: { id: "owner" },
      key: "support",
      content: "x",
    });
    await submitted.ended;

    expect(submitted.sessionId).toBe(sessionId);
  });

  test("is refused for a principal without an id", async () => {
    await using gateway = await sharedGateway([]);

    const submitting = gateway.gateway.submit({ principal: { id: "" }, content: "x" });

    await expect(submitting).rejects.toThrow("id");
  });
});
