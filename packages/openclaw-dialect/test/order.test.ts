import { ownerOnly } from "@mini-openclaw/gateway";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { describe, expect, test } from "vitest";
import { gate, testGateway } from "./test-client.ts";

const KEY = "agent:main:main";
const send = { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" };

/** A client with an active run. The gateway then holds up `slow` until the test opens it. */
async function busyClient(slow: string) {
  const [opened, open] = gate();
  const [attempted, attempt] = gate();
  const state = { isSlow: false };
  const agent = scriptedAgent([
    ["One.", { hangs: true }],
    ["Two.", { hangs: true }],
  ]);
  const gateway = await testGateway({
    agent,
    authorize: async (one) => {
      if (state.isSlow && one.action === slow) {
        attempt();
        await opened;
      }
      return ownerOnly(one);
    },
  });
  const client = await gateway.connect();
  await client.request("chat.send", send);
  await client.event("chat", { state: "delta" });
  state.isSlow = true;
  return { gateway, client, agent, attempted, open };
}

describe("behind a slow request of the same connection", () => {
  test.each(["chat.abort", "sessions.abort"])("`%s` does not wait", async (method) => {
    const { gateway: test, client, attempted, open } = await busyClient("history");
    await using _gateway = test;
    const slow = client.send("chat.history", { sessionKey: KEY });
    await attempted;

    const answer = await client.request(method, { sessionKey: KEY, key: KEY });
    const early = client.frames.some(({ id }) => id === slow);
    open();

    expect(answer).toMatchObject({ aborted: true, runIds: ["run-1"] });
    expect(early).toBe(false);
    await client.response(slow);
  });

  test("`plugin.approval.resolve` does not wait", async () => {
    const { gateway: test, client, attempted, open } = await busyClient("history");
    await using _gateway = test;
    const slow = client.send("chat.history", { sessionKey: KEY });
    await attempted;

    const error = await client.refused("plugin.approval.resolve", { id: "none", decision: "deny" });
    const early = client.frames.some(({ id }) => id === slow);
    open();

    expect(error.code).toBe("APPROVAL_NOT_FOUND");
    expect(early).toBe(false);
    await client.response(slow);
  });

  test("other requests wait", async () => {
    const { gateway: test, client, attempted, open } = await busyClient("history");
    await using _gateway = test;
    const ids = [
      client.send("chat.history", { sessionKey: KEY }),
      client.send("sessions.list", {}),
      client.send("status", {}),
    ];
    await attempted;
    await client.refused("plugin.approval.resolve", { id: "none", decision: "deny" });
    const early = client.frames.filter(({ id }) => ids.includes(id ?? ""));
    open();

    await Promise.all(ids.map((id) => client.response(id)));
    const answered = client.frames.flatMap(({ id = "" }) => (ids.includes(id) ? [id] : []));
    expect(early).toEqual([]);
    expect(answered[0]).toBe(ids[0]);
  });

  test("more than 1,000 slow requests are refused, and a run stops all the same", async () => {
    const { gateway: test, client, open } = await busyClient("none");
    await using _gateway = test;
    for (let count = 0; count < 1000; count += 1) {
      client.send("agent.wait", { runId: `run-${count}`, timeoutMs: 60_000 });
      if (count % 50 === 0) await client.request("agents.list");
    }

    const error = await client.refused("agent.wait", { runId: "late", timeoutMs: 60_000 });
    const stopped = await client.request("chat.abort", { sessionKey: KEY });
    open();

    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(error.message).toBe("Too many requests wait for their answers. Wait for some of them.");
    expect(stopped).toMatchObject({ aborted: true });
  });

  test("more than 200 requests close the connection", async () => {
    const { gateway: test, client, open } = await busyClient("history");
    await using _gateway = test;

    for (let count = 0; count < 210; count += 1) client.send("chat.history", { sessionKey: KEY });

    expect((await client.closed)[0]).toBe(1008);
    open();
  });
});

describe("behind a message that is still being accepted, `chat.abort`", () => {
  const second = { ...send, message: "two", idempotencyKey: "run-2" };

  test("stops the active run at once, and the message's run when it is there", async () => {
    const { gateway: test, client, agent, attempted, open } = await busyClient("message");
    await using _gateway = test;
    const message = client.send("chat.send", second);
    await attempted;

    const abort = client.send("chat.abort", { sessionKey: KEY });
    while (!agent.inputs[0]?.signal.aborted) await new Promise(setImmediate);
    const early = client.frames.some(({ id }) => id === message || id === abort);
    open();
    const { payload } = await client.response(abort);
    await client.event("chat", { state: "aborted", runId: "run-2" });

    expect(payload).toEqual({ ok: true, aborted: true, runIds: ["run-1", "run-2"] } as never);
    expect(early).toBe(false);
  });

  test("stops the message's run by its id", async () => {
    const { gateway: test, client, attempted, open } = await busyClient("message");
    await using _gateway = test;
    client.send("chat.send", second);
    await attempted;

    const abort = client.send("chat.abort", { sessionKey: KEY, runId: "run-2" });
    open();

    expect((await client.response(abort)).payload.runIds).toEqual(["run-2"]);
    await client.event("chat", { state: "aborted", runId: "run-2" });
  });

  test("stops another run by its id without waiting", async () => {
    const { gateway: test, client, attempted, open } = await busyClient("message");
    await using _gateway = test;
    const message = client.send("chat.send", second);
    await attempted;

    const { runIds } = await client.request("chat.abort", { sessionKey: KEY, runId: "run-1" });
    const early = client.frames.some(({ id }) => id === message);
    open();

    expect([runIds, early]).toEqual([["run-1"], false]);
    await client.response(message);
  });
});
