import type { ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import schema from "@mini-openclaw/protocol/schema.json" with { type: "json" };
import { describe, expect, test } from "vitest";
import { type Attempt, type Authorize, ownerOnly } from "../src/index.ts";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

type Command = ClientEvent["type"];
type Definition = { properties: { type: { const: string } } };

/** Every command that the schema has. */
const commands = schema.$defs.ClientEvent.oneOf.map(({ $ref }) => {
  const definitions: Record<string, unknown> = schema.$defs;
  return (definitions[$ref.replace("#/$defs/", "")] as Definition).properties.type.const;
});

interface Alice {
  sessionId: string;
  runId: string;
}

/**
 * Each command as somebody sends it who knows all ids; absent fields are those of a session that is
 * not named.
 */
const rows: {
  [Type in Command]: (alice: Alice) => Omit<Extract<ClientEvent, { type: Type }>, "type" | "id">;
} = {
  ping: () => ({}),
  unwatch: () => ({}),
  create: () => ({}),
  list: () => ({}),
  search: () => ({ text: "secret" }),
  message: ({ sessionId }) => ({ sessionId, content: "let me in" }),
  abort: (alice) => alice,
  retry: (alice) => alice,
  edit: ({ sessionId }) => ({ sessionId, messageId: "m", content: "let me in" }),
  approve: ({ sessionId }) => ({ sessionId, callId: "c1", decision: "once" }),
  approvals: ({ sessionId }) => ({ sessionId }),
  history: ({ sessionId }) => ({ sessionId }),
  resume: ({ sessionId }) => ({ sessionId, after: 0 }),
  rename: ({ sessionId }) => ({ sessionId, title: "mine now" }),
  fork: ({ sessionId }) => ({ sessionId }),
  archive: ({ sessionId }) => ({ sessionId }),
  unarchive: ({ sessionId }) => ({ sessionId }),
  delete: ({ sessionId }) => ({ sessionId }),
  undelete: ({ sessionId }) => ({ sessionId }),
};

const everyCommand = Object.keys(rows) as Command[];
const commandsOnSessions = everyCommand.filter(
  (type) => "sessionId" in rows[type]({ sessionId: "s", runId: "r" }),
);

function commandOf(type: Command, alice: Alice): ClientEvent {
  return { type, id: "q1", ...rows[type](alice) } as ClientEvent;
}

/** Two principals of one key, the worst case: only whose it is keeps a session apart. */
async function aliceAndBob() {
  const { agent, started, release } = heldAgent();
  let rule: Authorize = ownerOnly;
  const gateway = await testGateway({
    agent,
    authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    sessionKey: () => "office",
    authorize: (attempt) => rule(attempt),
  });
  const alice = await gateway.connect({ "x-user": "alice" });
  alice.send({ type: "message", content: "secret" });
  const [{ runId } = { runId: "" }] = await started(1);
  const bob = await gateway.connect({ "x-user": "bob" });
  return {
    gateway,
    alice,
    bob,
    ids: { sessionId: alice.sessionId, runId },
    release,
    authorize: (one: Authorize) => {
      rule = one;
    },
  };
}

function answer({ frames }: TestClient): ServerEvent | undefined {
  return frames.find((frame) => "replyTo" in frame && frame.replyTo === "q1");
}

test("the table has every command of the schema", () => {
  expect(everyCommand.toSorted()).toEqual(commands.toSorted());
});

describe("a session of another principal", () => {
  test.each(commandsOnSessions)(
    "is not there for %s, whether it runs, rests or was deleted",
    async (type) => {
      const { gateway, alice, bob, ids, release } = await aliceAndBob();
      await using _ = gateway;
      const refused = { type: "error", code: "SESSION_NOT_FOUND", replyTo: "q1" };
      const before = bob.frames.length;

      bob.send(commandOf(type, ids));
      await bob.next("error");
      release();
      await alice.next("run_end");
      bob.send(commandOf(type, ids));
      await bob.next("error", 2);
      alice.send({ type: "delete", sessionId: ids.sessionId });
      await alice.next("session_deleted");
      bob.send(commandOf(type, ids));
      await bob.next("error", 3);

      expect(bob.frames.slice(before)).toMatchObject([refused, refused, refused]);
      expect(bob.activity).toEqual([]);
      alice.send({ type: "undelete", sessionId: ids.sessionId });
      alice.send({ type: "history", sessionId: ids.sessionId });
      const { messages } = await alice.next("history");
      expect(messages.map(({ content }) => content)).toEqual(["secret", "secret"]);
    },
  );

  test.each(["list", "search"] as const)("is not found by %s", async (type) => {
    const { gateway, bob, ids } = await aliceAndBob();
    await using _ = gateway;

    bob.send(commandOf(type, ids));
    await bob.next("sessions");

    expect(answer(bob)).toEqual({ type: "sessions", sessions: [], replyTo: "q1" });
  });

  test("does not say that it runs, rests, was renamed, archived or deleted", async () => {
    const { gateway, alice, bob, ids, release } = await aliceAndBob();
    await using _ = gateway;
    const { sessionId } = ids;

    release();
    await alice.next("run_end");
    alice.send({ type: "rename", sessionId, title: "more secret" });
    alice.send({ type: "archive", sessionId });
    alice.send({ type: "delete", sessionId });
    await alice.next("session_deleted");
    await bob.roundTrip();

    expect(bob.types()).toEqual(["connected"]);
    expect(bob.activity).toEqual([]);
  });
});

describe("a session of another principal over HTTP", () => {
  const json = { "Content-Type": "application/json" };
  const message = JSON.stringify({ content: "let me in" });
  const call = JSON.stringify({ callId: "c1", decision: "once" });

  const requests: [string, RequestInit][] = [
    ["messages", {}],
    ["messages", { method: "POST", headers: json, body: message }],
    ["export", {}],
    ["abort", { method: "POST", headers: json, body: "{}" }],
    ["retry", { method: "POST", headers: json, body: '{"runId":"r"}' }],
    ["edit", { method: "POST", headers: json, body: '{"messageId":"m","content":"c"}' }],
    ["approve", { method: "POST", headers: json, body: call }],
  ];

  async function ask(path: string, init: RequestInit, rule: Authorize) {
    const { gateway, ids, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize(rule);
    const headers = new Headers(init.headers);
    headers.set("X-User", "bob");
    const url = `/sessions/${ids.sessionId}/${path.replace("RUN", ids.runId)}`;
    const response = await gateway.get(url, { ...init, headers });
    return [response.status, (await response.json()) as unknown];
  }

  test.each<[string, RequestInit]>([...requests, ["events", {}], ["events?runId=RUN", {}]])(
    "is not there for %s %o",
    async (path, init) => {
      expect(await ask(path, init, ownerOnly)).toMatchObject([404, { code: "SESSION_NOT_FOUND" }]);
    },
  );

  test.each(requests)("is FORBIDDEN for %s %o to those who may only see it", async (path, init) => {
    const rule: Authorize = (attempt) => ownerOnly(attempt) || attempt.action === "resume";

    expect(await ask(path, init, rule)).toMatchObject([403, { code: "FORBIDDEN" }]);
  });
});

describe("authorize", () => {
  test.each(everyCommand.filter((type) => type !== "ping" && type !== "unwatch"))(
    "is asked for %s, with the session that it is about",
    async (type) => {
      const { gateway, alice, ids, authorize, release } = await aliceAndBob();
      await using _ = gateway;
      release();
      await alice.next("run_end");
      if (type === "undelete") alice.send({ type: "delete", sessionId: ids.sessionId });
      await alice.roundTrip();
      const asked: Attempt[] = [];
      authorize((attempt) => asked.push(attempt) > 0);

      alice.send(commandOf(type, ids));
      await alice.roundTrip();

      const [first] = asked.filter(({ action }) => action === type);
      const sessionId = commandsOnSessions.includes(type) ? ids.sessionId : undefined;
      expect([first?.principal, first?.session?.sessionId]).toEqual([{ id: "alice" }, sessionId]);
    },
  );

  test("is not asked for ping and unwatch, which are about nothing", async () => {
    const { gateway, alice, authorize } = await aliceAndBob();
    await using _ = gateway;
    const asked: Attempt[] = [];
    authorize((attempt) => asked.push(attempt) > 0);

    alice.send({ type: "unwatch" });
    alice.send({ type: "ping" });
    await alice.next("pong");
    await alice.roundTrip();

    expect(asked.map(({ action }) => action)).toEqual(["approvals"]);
  });

  test("lets others in whom it knows: what they may not do there is FORBIDDEN, not hidden", async () => {
    const { gateway, alice, bob, ids, release, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize(
      (attempt) =>
        ownerOnly(attempt) ||
        (attempt.principal?.id === "bob" && ["resume", "list", "history"].includes(attempt.action)),
    );
    const { sessionId } = ids;

    bob.send({ type: "resume", sessionId });
    await bob.next("chunk");
    bob.send({ type: "abort", id: "q1", sessionId });
    const refused = await bob.next("error");
    release();
    await Promise.all([alice.next("run_end"), bob.next("run_end")]);

    expect(refused).toMatchObject({
      code: "FORBIDDEN",
      message: "You may not abort here: `authorize` refused it.",
      retryable: false,
    });
    while (bob.activity.at(-1)?.running !== false) await bob.anyFrame();
    expect(bob.activity.at(-1)).toMatchObject({ sessionId, title: "secret" });
  });

  test("that allows message but not abort does not allow interrupt", async () => {
    const { gateway, bob, ids, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize(({ action }) => action !== "abort");

    bob.send({ type: "message", sessionId: ids.sessionId, content: "stop!", mode: "interrupt" });

    expect(await bob.next("error")).toMatchObject({ code: "FORBIDDEN" });
  });

  test.each(["create", "list", "search"] as const)("can say no to %s as a whole", async (type) => {
    const { gateway, bob, ids, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize(({ action, session }) => session !== undefined || action !== type);

    bob.send(commandOf(type, ids));

    expect(await bob.next("error")).toMatchObject({ code: "FORBIDDEN", replyTo: "q1" });
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      "throws",
      () => {
        throw new Error("no database");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no database"))],
  ])("that %s refuses with INTERNAL, notifies the app, and affects nobody else", async (_how, fail) => {
    const { gateway, alice, bob, ids, release, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize((attempt) => (attempt.principal?.id === "bob" ? fail() : ownerOnly(attempt)));

    bob.send({ type: "history", id: "q1", sessionId: ids.sessionId });
    const refused = await bob.next("error");
    release();
    await alice.next("run_end");
    while (alice.activity.at(-1)?.running !== false) await alice.anyFrame();

    expect(refused).toEqual({
      type: "error",
      code: "INTERNAL",
      message: "The gateway failed. Its log has the reason.",
      retryable: true,
      replyTo: "q1",
    });
    expect(new Set(gateway.failures)).toEqual(
      new Set([
        "a client's frame: The gateway failed. Its log has the reason.",
        `sending a summary of session ${ids.sessionId}: The gateway failed. Its log has the reason.`,
      ]),
    );
  });

  test("refuses if it returns nothing", async () => {
    const { gateway, bob, ids, authorize } = await aliceAndBob();
    await using _ = gateway;
    authorize((() => "yes") as never);

    bob.send({ type: "history", sessionId: ids.sessionId });

    expect(await bob.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});
