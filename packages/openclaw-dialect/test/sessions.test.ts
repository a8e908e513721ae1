import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import type { UserMessage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { type TestClient, testGateway } from "./test-client.ts";

const KEY = "agent:main:main";

/** Sends a message and waits for its run. */
async function say(client: TestClient, message: string, sessionKey = KEY): Promise<void> {
  const { runId } = await client.request("chat.send", {
    sessionKey,
    message,
    idempotencyKey: `${sessionKey} ${message}`,
  });
  await client.event("chat", { state: "final", runId });
}

const texts = (rows: { content: string | { text: string }[] }[]) =>
  rows.map(({ content }) => (typeof content === "string" ? content : content[0]?.text));

describe("chat.history", () => {
  test("returns the newest messages, oldest first", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    for (const text of ["one", "two", "three"]) await say(client, text);

    const all = await client.request("chat.history", { sessionKey: KEY });
    const newest = await client.request("chat.history", { sessionKey: KEY, limit: 2 });
    const earlier = await client.request("chat.history", {
      sessionKey: KEY,
      limit: 2,
      offset: newest.nextOffset,
    });

    expect(all).toMatchObject({ sessionKey: KEY, hasMore: false, totalMessages: 6 });
    expect(texts(all.messages)).toEqual([
      "one",
      "You said: one",
      "two",
      "You said: two",
      "three",
      "You said: three",
    ]);
    expect(newest).toMatchObject({ hasMore: true, nextOffset: 2 });
    expect(texts(newest.messages)).toEqual(["three", "You said: three"]);
    expect(texts(earlier.messages)).toEqual(["two", "You said: two"]);
  });

  test("pages through more messages than the gateway has on a page", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "first");
    const [session] = (await gateway.store.listSessions()).sessions;
    const messages = Array.from({ length: 600 }, (_, index) => ({
      role: "user" as const,
      content: `${index}`,
      timestamp: 1,
    }));
    await gateway.store.appendMessages(session?.sessionId ?? "", messages);

    const history = await client.request("chat.history", { sessionKey: KEY, limit: 500 });

    expect(texts(history.messages)).toEqual(messages.slice(100).map(({ content }) => content));
    expect(history.hasMore).toBe(true);
  });

  test.each([
    [3, ["one"]],
    [4, []],
    [9, []],
  ])("of %i newer messages returns those before them", async (offset, texts) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    for (const [index, message] of ["one", "two"].entries()) {
      await client.request("chat.send", { sessionKey: "main", message, idempotencyKey: message });
      await client.event("chat", { state: "final" }, index + 1);
    }

    const { messages } = await client.request("chat.history", { sessionKey: "main", limit: 2, offset });

    expect(messages.map(({ content }) => content)).toEqual(texts);
  });

  // OpenClaw's app shows the `errorMessage` of such rows: openclaw/openclaw, pull request 65689.
  test("has the failures of runs, in rows that count as no messages", async () => {
    const throws = new Error("no luck");
    const agent = scriptedAgent([{ throws }, ["Half an", { throws }], ["Fine."]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    for (const message of ["none", "half", "fine"]) {
      const { runId } = await client.request("chat.send", {
        ...{ sessionKey: KEY, message, idempotencyKey: message },
      });
      await client.event("chat", { state: message === "fine" ? "final" : "error", runId });
    }

    const all = await client.request("chat.history", { sessionKey: KEY });
    const newest = await client.request("chat.history", { sessionKey: KEY, limit: 1 });
    const older = await client.request("chat.history", { sessionKey: KEY, limit: 1, offset: 4 });

    const errorMessage = expect.stringContaining("AGENT_FAILED: ");
    const none = { role: "assistant", content: [], stopReason: "error", errorMessage };
    expect(all.messages).toMatchObject([
      { role: "user", content: "none" },
      none,
      { role: "user", content: "half" },
      { content: [{ text: "Half an" }], stopReason: "error", errorMessage },
      { role: "user", content: "fine" },
      { content: [{ text: "Fine." }], stopReason: "stop" },
    ]);
    expect(all).toMatchObject({ totalMessages: 5 });
    expect(newest).toMatchObject({ nextOffset: 1 });
    expect(older.messages).toMatchObject([{ content: "none" }, none]);
  });

  test("is empty for a new session", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const history = await client.request("chat.history", { sessionKey: "new" });

    expect(history).toMatchObject({ sessionKey: "agent:main:new", messages: [], hasMore: false });
    expect((await client.request("sessions.list")).sessions).toEqual([]);
  });

  test("has the text so far of a run that is active, and the deltas go on from there", async () => {
    const [resumed, resume] = gate();
    const agent = scriptedAgent([[{ says: ["Hel"] }, { waits: resumed }, { says: ["lo."] }]]);
    await using gateway = await testGateway({ agent });
    const sender = await gateway.connect();
    await sender.request("chat.send", { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" });
    await sender.event("chat", { state: "delta" });
    const newcomer = await gateway.connect();

    const history = await newcomer.request("chat.history", { sessionKey: KEY });
    const deltasBefore = newcomer.events("chat").length;
    resume();
    await newcomer.event("chat", { state: "final" });

    expect(history).toMatchObject({
      inFlightRun: { runId: "run-1", text: "Hel", startedAt: expect.any(Number) },
    });
    expect(texts(history.messages)).toEqual(["hi"]);
    expect(newcomer.events("chat")[deltasBefore]).toMatchObject({
      runId: "run-1",
      deltaText: "lo.",
      message: { content: [{ text: "Hello." }] },
    });
  });

  test("leaves out the answers of runs that were retried", async () => {
    const agent = scriptedAgent([["Wrong.", { ends: "failed" }], "Right."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" });
    await client.event("chat", { state: "error" });
    const [session] = (await gateway.store.listSessions()).sessions;
    const { sessionId = "" } = session ?? {};
    const [message] = await gateway.store.loadMessages(sessionId);
    await (await gateway.gateway.retry({ sessionId, runId: message?.runId ?? "" })).ended;

    const history = await client.request("chat.history", { sessionKey: KEY });

    expect(texts(history.messages)).toEqual(["hi", "Right."]);
  });

  test.each([
    [{}, "`sessionKey` must be a text of 1 to 512 characters, got nothing."],
    [{ sessionKey: "x".repeat(513) }, "`sessionKey` must be a text of 1 to 512 characters"],
    [{ sessionKey: KEY, limit: 0 }, "`limit` must be an integer from 1 to 1000, got 0."],
    [{ sessionKey: KEY, limit: 1001 }, "`limit` must be an integer from 1 to 1000, got 1001."],
    [{ sessionKey: KEY, offset: -1 }, "`offset` must be an integer of at least 0, got -1."],
  ])("refuses %j", async (params, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("chat.history", params);

    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining(message) });
  });
});

describe("session keys", () => {
  test.each([
    ["main", KEY],
    ["agent:main:main", KEY],
    [" Main ", KEY],
    ["notes", "agent:main:notes"],
    ["agent:main:notes", "agent:main:notes"],
  ])("%s names %s", async (sessionKey, fullKey) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    await client.request("chat.send", { sessionKey, message: "hi", idempotencyKey: "1" });
    const { sessionKey: found } = await client.event("chat", { state: "final" });

    expect(found).toBe(fullKey);
  });

  test("belong to one caller", async () => {
    await using gateway = await testGateway({ authenticate: (_request, token) => ({ id: token ?? "" }) });
    const alice = await gateway.connect({ auth: { token: "alice" } });
    const bob = await gateway.connect({ auth: { token: "bob" } });
    await bob.request("sessions.subscribe", {});
    await say(alice, "secret");

    const history = await bob.request("chat.history", { sessionKey: KEY });
    const list = await bob.request("sessions.list", {});

    expect(history.messages).toEqual([]);
    expect(list.sessions).toEqual([]);
    expect(bob.events("chat")).toEqual([]);
  });
});

describe("sessions.list", () => {
  test("returns the newest sessions with their titles, in pages", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    for (const text of ["one", "two", "three"]) await say(client, text, text);

    const all = await client.request("sessions.list", {});
    const second = await client.request("sessions.list", { limit: 1, offset: 1 });

    expect(all).toMatchObject({ count: 3, totalCount: 3, hasMore: false });
    expect(all.sessions[0]).toMatchObject({
      key: "agent:main:three",
      kind: "direct",
      displayName: "three",
      updatedAt: expect.any(Number),
    });
    expect(second).toMatchObject({ count: 1, hasMore: true, sessions: [{ key: "agent:main:two" }] });
  });

  test("finds sessions by a text, and those of an agent", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "apples", "a");
    await say(client, "pears", "agent:other:b");

    const keysOf = async (params: object) =>
      (await client.request("sessions.list", params)).sessions.map(({ key }: { key: string }) => key);

    expect(await keysOf({ search: "apple" })).toEqual(["agent:main:a"]);
    expect(await keysOf({ search: "" })).toEqual(["agent:other:b", "agent:main:a"]);
    expect(await keysOf({ agentId: "main" })).toEqual(["agent:main:a"]);
    expect(await keysOf({ agentId: "Other" })).toEqual(["agent:other:b"]);
  });

  test("names the model that the app has set", async () => {
    const model = { provider: "anthropic", id: "claude", contextTokens: 200_000 };
    await using gateway = await testGateway({ openClaw: { model } });
    const client = await gateway.connect();

    const { defaults } = await client.request("sessions.list", {});
    const { models } = await client.request("models.list", {});

    expect(defaults).toEqual({ modelProvider: "anthropic", model: "claude", contextTokens: 200_000 });
    expect(models).toEqual([{ id: "claude", name: "claude", provider: "anthropic", contextWindow: 200_000 }]);
  });
});

describe("one session", () => {
  test("is described by its key, and null before its first message", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const before = await client.request("sessions.describe", { key: "main" });
    await say(client, "hello");

    const { session } = await client.request("sessions.describe", { key: "main" });

    expect(before).toEqual({ session: null });
    expect(session).toMatchObject({ key: KEY, displayName: "hello", sessionId: expect.any(String) });
  });

  test("has a preview of its newest messages", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");

    const { previews } = await client.request("sessions.preview", { keys: ["main", "none"], limit: 1 });

    expect(previews).toEqual([
      { key: "main", status: "ok", items: [{ role: "assistant", text: "You said: hello" }] },
      { key: "none", status: "missing", items: [] },
    ]);
  });

  test("begins anew with sessions.reset, and the earlier messages are archived", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "old");
    const old = await client.request("sessions.describe", { key: KEY });

    const reset = await client.request("sessions.reset", { key: KEY });
    const empty = await client.request("chat.history", { sessionKey: KEY });
    const described = await client.request("sessions.describe", { key: KEY });
    await say(client, "new");
    const { sessions } = await client.request("sessions.list", {});
    const archived = await client.request("sessions.list", { archived: true });

    expect(reset).toMatchObject({ ok: true, key: KEY, entry: { sessionId: empty.sessionId } });
    expect(empty.messages).toEqual([]);
    expect(described.session).toMatchObject({ sessionId: empty.sessionId, updatedAt: null });
    expect(sessions).toMatchObject([{ key: KEY, displayName: "new" }]);
    expect(archived.sessions).toMatchObject([
      { key: KEY, sessionId: old.session.sessionId, displayName: "old" },
    ]);
  });

  test("stops its runs before it is reset", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["One.", { hangs: true }], "Two."]) });
    const client = await gateway.connect();
    await client.request("chat.send", { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" });
    await client.event("chat", { state: "delta" });

    await client.request("sessions.reset", { key: KEY });
    await say(client, "again");

    expect(await client.event("chat", { state: "aborted" })).toMatchObject({ runId: "run-1" });
    expect(texts((await client.request("chat.history", { sessionKey: KEY })).messages)).toEqual([
      "again",
      "Two.",
    ]);
  });

  test("stays the same when it is reset without messages", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const { sessionId } = await client.request("chat.history", { sessionKey: KEY });
    const reset = await client.request("sessions.reset", { key: KEY });

    expect(reset.entry.sessionId).toBe(sessionId);
  });

  test("is followed by other clients after a reset", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const viewer = await gateway.connect();
    await say(client, "old");
    await viewer.request("chat.history", { sessionKey: KEY });

    await client.request("sessions.reset", { key: KEY });
    await client.request("chat.send", { sessionKey: KEY, message: "new", idempotencyKey: "run-2" });

    expect(await viewer.event("sessions.changed", { reason: "reset" })).toMatchObject({ sessionKey: KEY });
    expect(texts((await viewer.request("chat.history", { sessionKey: KEY })).messages)[0]).toBe("new");
  });

  test.each(["sessions.reset", "sessions.delete"])(
    "accepts messages of other clients after %s",
    async (method) => {
      await using gateway = await testGateway();
      const client = await gateway.connect();
      const other = await gateway.connect();
      await say(client, "old");
      await say(other, "older");

      await client.request(method, { key: KEY });
      await say(other, "new");

      expect(texts((await client.request("chat.history", { sessionKey: KEY })).messages)).toEqual([
        "new",
        "You said: new",
      ]);
    },
  );

  test("is deleted, for other clients too", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const viewer = await gateway.connect();
    await say(client, "hello");
    await viewer.request("chat.history", { sessionKey: KEY });

    const deleted = await client.request("sessions.delete", { key: KEY });
    const again = await client.request("sessions.delete", { key: KEY });

    expect(deleted).toEqual({ ok: true, key: KEY, deleted: true, archived: [] });
    expect(again).toMatchObject({ deleted: false });
    expect(await viewer.event("sessions.changed", { reason: "delete" })).toMatchObject({ sessionKey: KEY });
    expect((await client.request("chat.history", { sessionKey: KEY })).messages).toEqual([]);
  });

  test("gets a title, and is archived and unarchived", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");

    const renamed = await client.request("sessions.patch", { key: KEY, label: "Notes" });
    await client.event("sessions.changed", { reason: "patch" });
    await client.request("sessions.patch", { key: KEY, archived: true });
    const open = await client.request("sessions.list", {});
    const all = await client.request("sessions.list", { archived: "all" });
    await client.request("sessions.patch", { key: KEY, archived: false });

    expect(renamed).toMatchObject({ ok: true, key: KEY, entry: { label: "Notes" } });
    expect(open.sessions).toEqual([]);
    expect(all.sessions).toMatchObject([{ key: KEY, displayName: "Notes", archived: true }]);
    expect((await client.request("sessions.describe", { key: KEY })).session).toMatchObject({
      displayName: "Notes",
    });
  });

  test("is archived and unarchived with a title in one patch", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");

    const archived = await client.request("sessions.patch", { key: KEY, archived: true, label: "Old" });
    const back = await client.request("sessions.patch", { key: KEY, archived: false, label: "New" });

    expect(archived.entry).toMatchObject({ key: KEY, displayName: "Old", archived: true });
    expect(back.entry).toMatchObject({ key: KEY, displayName: "New", archived: false });
  });

  test("keeps its title when it cannot be archived", async () => {
    const agent = scriptedAgent([["One.", { hangs: true }]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", { sessionKey: KEY, message: "hello", idempotencyKey: "run-1" });

    const error = await client.refused("sessions.patch", { key: KEY, archived: true, label: "Old" });

    expect(error).toMatchObject({ code: "UNAVAILABLE", details: { code: "SESSION_BUSY" } });
    expect((await client.request("sessions.describe", { key: KEY })).session).toMatchObject({
      displayName: "hello",
    });
  });

  test.each([
    ["sessions.patch", { label: "x", expectedSessionId: "other" }, "`expectedSessionId` must be"],
    ["sessions.delete", { expectedSessionId: "other" }, "`expectedSessionId` must be"],
    ["sessions.delete", { expectedSessionUpdatedAt: 5 }, "`expectedSessionUpdatedAt` must be"],
    ["sessions.delete", { expectedLifecycleRevision: "5" }, "`expectedLifecycleRevision` must be absent"],
    ["sessions.delete", { deleteTranscript: false }, "`deleteTranscript` must be true or absent"],
  ])("is not changed by %s for a client that expects another one: %j", async (method, params, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");

    const error = await client.refused(method, { key: KEY, ...params });

    expect(error.message).toContain(message);
    expect((await client.request("sessions.list", {})).sessions).toMatchObject([{ displayName: "hello" }]);
  });

  test("is deleted when it is what its client expects", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");
    const { session } = await client.request("sessions.describe", { key: KEY });

    const open = await client.request("sessions.delete", { key: KEY, archivedOnly: true });
    await client.request("sessions.patch", { key: KEY, archived: true });
    const { sessionId: expectedSessionId } = session;
    const archived = await client.request("sessions.delete", {
      key: KEY,
      archivedOnly: true,
      expectedSessionId,
    });

    expect(open).toMatchObject({ deleted: false });
    expect(archived).toMatchObject({ deleted: true });
  });

  test("is created with a title, which an existing one keeps", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    await client.request("sessions.create", { key: "a", label: "Mine" });
    await client.request("sessions.create", { key: "a", displayName: "Other", message: "hello" });

    expect((await client.request("sessions.list", {})).sessions).toMatchObject([{ displayName: "Mine" }]);
  });

  test("has the detail of tool calls that this client has set", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const other = await gateway.connect();
    await client.request("sessions.patch", { key: KEY, verboseLevel: "off" });
    await say(client, "hello");

    expect((await client.request("sessions.describe", { key: KEY })).session).toMatchObject({
      verboseLevel: "off",
    });
    expect((await other.request("sessions.describe", { key: KEY })).session).toMatchObject({
      verboseLevel: "full",
    });
  });

  test.each([
    [{ key: KEY, model: "gpt" }, "`model` cannot be changed by clients of this server."],
    [{ key: KEY, label: "Notes" }, "`key` must name a session with messages, and there is none yet."],
    [{ key: KEY, label: null }, "`label` must be a text, got null."],
    [{ key: KEY, archived: "yes" }, '`archived` must be true or false, got "yes".'],
  ])("refuses the patch %j", async (params, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("sessions.patch", params);

    expect(error.message).toContain(message);
  });

  test("is created with a key of its own, and with a first message", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const named = await client.request("sessions.create", { key: "tui-1", agentId: "main" });
    const begun = await client.request("sessions.create", { message: "hello" });
    await client.event("chat", { state: "final", runId: begun.runId });

    expect(named).toMatchObject({ ok: true, key: "agent:main:tui-1", sessionId: expect.any(String) });
    expect(begun).toMatchObject({
      runStarted: true,
      key: expect.stringMatching(/^agent:main:[\da-f-]{36}$/),
    });
  });

  test("is not created in place of a copy", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("sessions.create", { key: "a", fork: true, parentSessionKey: "main" });

    expect(error.message).toContain("`fork` must be absent, because sessions are not copied here.");
  });

  test("is followed without its history, until the client ends that", async () => {
    await using gateway = await testGateway();
    const sender = await gateway.connect();
    const viewer = await gateway.connect();

    const followed = await viewer.request("sessions.messages.subscribe", { key: "main" });
    await say(sender, "one");
    await viewer.event("chat", { state: "final" });
    await viewer.request("sessions.messages.unsubscribe", { key: "main" });
    await say(sender, "two");
    await viewer.request("agents.list");

    expect(followed).toEqual({ subscribed: true, key: KEY });
    expect(viewer.events("chat").filter(({ state }) => state === "final")).toHaveLength(1);
  });
});

describe("many sessions", () => {
  test("that all run: the latest one is followed", async () => {
    const agent = scriptedAgent(Array.from({ length: 51 }, () => ["So far.", { hangs: true }]));
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    for (let index = 0; index < 51; index += 1)
      await client.request("chat.send", {
        sessionKey: `s${index}`,
        message: "hi",
        idempotencyKey: `run-${index}`,
      });

    expect(await client.event("chat", { runId: "run-50" })).toMatchObject({ state: "delta" });
  });

  test("are followed by one client, up to 50 of them", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    for (let index = 0; index < 60; index += 1)
      await client.request("chat.history", { sessionKey: `s${index}` });
    const sender = await gateway.connect();

    await say(sender, "hello", "s0");
    await say(sender, "hello", "s59");
    await client.event("chat", { state: "final", sessionKey: "agent:main:s59" });

    expect(client.events("chat").map(({ sessionKey }) => sessionKey)).not.toContain("agent:main:s0");
    expect(gateway.failures).toEqual([]);
  });
});

describe("attachments", () => {
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

  test.each([
    ["base64", { mimeType: "image/png", fileName: "dot.png", content: png }],
    ["a data URL", { fileName: "dot.png", content: `data:image/png;base64,${png}` }],
  ])("reach the agent as files, from %s", async (_form, attachment) => {
    const agent = scriptedAgent(["I see a dot."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    await client.request("chat.send", {
      sessionKey: KEY,
      message: "",
      idempotencyKey: "1",
      attachments: [{ type: "image", ...attachment }],
    });
    await client.event("chat", { state: "final" });

    const [message] = agent.inputs[0]?.messages ?? [];
    const { blocks: [file] = [] } = message as UserMessage;
    expect(file).toMatchObject({ type: "image", mediaType: "image/png", name: "dot.png" });
  });

  test.each([
    [[{ content: png }], "`attachments` must have a `mimeType` and `content` in base64."],
    [[{ mimeType: "image/png" }], "`content` must be a text that is not empty, got nothing."],
    [[{ mimeType: "video/mp4", content: png }], "mimeType"],
    ["dot.png", "`attachments` must be a list of objects"],
  ])("are refused in a wrong form: %j", async (attachments, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("chat.send", {
      sessionKey: KEY,
      message: "",
      idempotencyKey: "1",
      attachments,
    });

    expect(error.message).toContain(message);
  });
});

describe("fixed answers", () => {
  test.each([
    ["agents.list", { defaultId: "main", mainKey: "main", scope: "per-sender", agents: [{ id: "main" }] }],
    ["models.list", { models: [] }],
    ["commands.list", { commands: [] }],
    ["question.list", { questions: [] }],
    ["taskSuggestions.list", { suggestions: [] }],
    ["status", {}],
    ["system-presence", []],
  ])("%s has one", async (method, answer) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    expect(await client.request(method, {})).toEqual(answer);
  });

  test("health counts sessions", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    await say(client, "hello");

    const health = await client.request("health");

    expect(health).toMatchObject({ ok: true, sessions: { count: 1, recent: [{ key: KEY }] } });
  });
});

/** A promise, and what resolves it. */
function gate(): [opened: Promise<void>, open: () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}
