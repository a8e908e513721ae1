import { describe, expect, test } from "vitest";
import { ownerOnly } from "../src/index.ts";
import { gate, heldAgent, testGateway } from "./test-gateway.ts";

describe("behind a command that `authorize` holds up:", () => {
  /** A gateway whose `authorize` holds up the first `count` of an action until `open` is called. */
  async function slowGateway(slow: string, count = Number.POSITIVE_INFINITY) {
    const [opened, open] = gate();
    const held = heldAgent();
    const attempts: string[] = [];
    const gateway = await testGateway({
      agent: held.agent,
      authorize: async (attempt) => {
        attempts.push(attempt.action);
        const isSlow = attempt.action === slow && attempt.session?.lastSeq !== 0;
        if (isSlow && attempts.filter((action) => action === slow).length <= count) await opened;
        return ownerOnly(attempt);
      },
    });
    return { ...held, gateway, open, attempts };
  }

  test.each([
    { type: "history" },
    { type: "rename", title: "t" },
    { type: "fork" },
    { type: "archive" },
    { type: "retry", runId: "r" },
    { type: "approvals" },
  ] as const)("an abort, an approve and a ping do not wait for $type", async (command) => {
    const { gateway: test, started, release, open } = await slowGateway(command.type);
    await using gateway = test;
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await started(1);

    client.send({ ...command, sessionId, id: "slow" });
    client.send({ type: "abort", sessionId });
    client.send({ type: "approve", sessionId, callId: "c", decision: "deny", id: "a" });
    client.send({ type: "ping", id: "p" });
    const { outcome } = await client.next("run_end");
    await client.next("pong");
    const early = client.frames.flatMap((one) => ("replyTo" in one && one.replyTo ? [one.replyTo] : []));
    open();
    release();
    await client.roundTrip();
    const answers = [...client.frames, ...client.activity];

    expect([outcome, early]).toEqual(["aborted", ["a", "p"]]);
    expect(answers.some((one) => "replyTo" in one && one.replyTo === "slow")).toBe(true);
  });

  /** A client whose first run is over, so that a message or an abort of its session is held up. */
  async function idleClient(slow: string) {
    const { gateway, started, release, ...rest } = await slowGateway(slow);
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);
    release();
    const { runId } = await client.next("run_end");
    /** Resolves when an abort of the client has found no run. */
    const abortWaits = async () => {
      while (!rest.attempts.includes("abort")) await new Promise(setImmediate);
      await new Promise(setImmediate);
    };
    return { gateway, started, client, runId, abortWaits, ...rest };
  }

  test.each([
    { type: "message", content: "two" },
    { type: "retry", runId: "" },
  ] as const)("an abort stops the run that an earlier $type starts", async (command) => {
    const { gateway: test, client, runId, open, abortWaits } = await idleClient(command.type);
    await using _gateway = test;
    const { sessionId } = client;

    client.send({ ...command, ...("runId" in command && { runId }), sessionId, id: "slow" });
    client.send({ type: "abort", sessionId });
    await abortWaits();
    open();

    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "aborted" });
    expect(client.types()).not.toContain("error");
  });

  test("an approve and other aborts do not wait for an abort that waits for a message", async () => {
    const { gateway: test, client, started, open, abortWaits } = await idleClient("message");
    await using _gateway = test;
    const { sessionId } = client;
    const other = await test.store.createSession("webchat");
    await test.gateway.submit({ sessionId: other.sessionId, content: "three" });
    await started(2);

    client.send({ type: "message", content: "two", sessionId, id: "slow" });
    client.send({ type: "abort", sessionId });
    await abortWaits();
    client.send({ type: "approve", sessionId, callId: "c", decision: "deny", id: "a" });
    client.send({ type: "abort", sessionId: other.sessionId, id: "b" });
    await client.next("error");
    while (test.gateway.health().runs > 0) await new Promise(setImmediate);
    const early = client.types().filter((type) => type === "ack");
    open();

    expect(early).toEqual([]);
    expect(await client.next("error")).toMatchObject({ code: "APPROVAL_EXPIRED", replyTo: "a" });
    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "aborted" });
  });

  test.each(["abort", "approve"] as const)("an abort and a ping do not wait for a slow %s", async (slow) => {
    const { gateway: test, started, open, attempts } = await slowGateway(slow, 1);
    await using gateway = test;
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await started(1);

    client.send({ type: "approve", sessionId, callId: "c", decision: "deny" });
    client.send({ type: "abort", sessionId, runId: "none" });
    while (!attempts.includes("abort")) await new Promise(setImmediate);
    client.send({ type: "abort", sessionId });
    client.send({ type: "ping" });
    const { outcome } = await client.next("run_end");
    await client.next("pong");
    const early = client.types().filter((type) => type === "error").length;
    open();
    await client.next("error", 2);

    expect([outcome, early]).toEqual(["aborted", 1]);
  });

  test("an abort without a run waits for no command that starts none", async () => {
    const { gateway: test, client, open } = await idleClient("history");
    await using _gateway = test;
    const { sessionId } = client;

    client.send({ type: "history", sessionId });
    client.send({ type: "abort", sessionId, id: "a" });
    const refused = await client.next("error");
    const early = client.types();
    open();

    expect(refused).toMatchObject({ code: "RUN_NOT_FOUND", replyTo: "a" });
    expect(early).not.toContain("history");
  });

  test("an abort without a run is refused when the earlier messages are answered", async () => {
    const { gateway: test, client, open, abortWaits } = await idleClient("message");
    await using _gateway = test;
    const { sessionId } = client;
    const { sessionId: other } = await test.store.createSession("webchat");

    client.send({ type: "message", content: "two", sessionId, id: "slow" });
    client.send({ type: "abort", sessionId: other, id: "a" });
    await abortWaits();
    const early = client.types();
    open();

    expect(await client.next("error")).toMatchObject({ code: "RUN_NOT_FOUND", replyTo: "a" });
    expect(early).not.toContain("error");
  });

  test.each(["abort", "approve"] as const)(
    "more than 100 slow %s at once close the connection",
    async (slow) => {
      const { gateway: test, client, open } = await idleClient(slow);
      await using _gateway = test;
      const { sessionId } = client;
      const command =
        slow === "abort"
          ? ({ type: slow, sessionId } as const)
          : ({ type: slow, sessionId, callId: "c", decision: "deny" } as const);
      const closed = new Promise((resolve) => client.socket.once("close", resolve));

      for (let count = 0; count < 110; count += 1) client.send(command);

      expect(await closed).toBe(1008);
      open();
    },
  );

  test("other commands keep their order, and a list waits too", async () => {
    const { gateway: test, open } = await slowGateway("create");
    await using gateway = test;
    const client = await gateway.connect();
    client.send({ type: "create", id: "c" });
    client.send({ type: "list", id: "l" });
    client.send({ type: "history", sessionId: client.sessionId, id: "h" });
    client.send({ type: "ping", id: "p" });
    await client.next("pong");
    const early = client.types().slice(1);
    open();
    await client.roundTrip();
    await client.next("sessions");

    const answers = client.frames.flatMap((one) => ("replyTo" in one && one.replyTo ? [one.replyTo] : []));
    expect(early).toEqual(["pong"]);
    expect(answers.slice(0, 2)).toEqual(["p", "c"]);
    expect(answers.slice(2, 4).sort()).toEqual(["h", "l"]);
  });

  test("more than 100 commands at once close the connection", async () => {
    const { gateway: test, open } = await slowGateway("create");
    await using gateway = test;
    const client = await gateway.connect();
    for (let count = 0; count < 110; count += 1) client.send({ type: "create" });
    const closed = new Promise((resolve) => client.socket.once("close", resolve));

    expect(await closed).toBe(1008);
    open();
  });
});
