import { describe, expect, test } from "vitest";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

/** The events of a session that a client got. */
function eventsOf({ frames }: TestClient, sessionId: string): string[] {
  return frames.flatMap((frame) =>
    "seq" in frame && frame.sessionId === sessionId && frame.type !== "session_updated" ? [frame.type] : [],
  );
}

/** A client with two sessions, the second of which it watches. */
async function twoSessions(gateway: Awaited<ReturnType<typeof testGateway>>) {
  const client = await gateway.connect();
  const first = (await client.next("connected")).sessionId;
  client.send({ type: "message", sessionId: first, content: "one" });
  await client.next("run_end");
  client.send({ type: "create" });
  const second = (await client.next("connected", 2)).sessionId;
  client.send({ type: "message", sessionId: second, content: "two" });
  await client.next("run_end", 2);
  return { client, first, second };
}

describe("a resume with `keep`", () => {
  test("watches a session beside those that the connection watches", async () => {
    await using gateway = await testGateway();
    const { client, first, second } = await twoSessions(gateway);

    client.send({ type: "resume", id: "1", sessionId: first, keep: true });
    await client.next("resync");
    const [one, two] = [eventsOf(client, first).length, eventsOf(client, second).length];
    await (await gateway.gateway.submit({ sessionId: first, content: "more" })).ended;
    await (await gateway.gateway.submit({ sessionId: second, content: "more" })).ended;
    await client.next("run_end", 4);
    // A message without a session goes to the session that was watched last.
    client.send({ type: "message", id: "2", content: "which?" });

    expect(eventsOf(client, first).length).toBeGreaterThan(one);
    expect(eventsOf(client, second).length).toBeGreaterThan(two);
    expect(await client.next("ack")).toMatchObject({ sessionId: second });
  });

  test("of the session that is watched already shows each event once", async () => {
    await using gateway = await testGateway();
    const { client, first, second } = await twoSessions(gateway);
    client.send({ type: "resume", sessionId: first, keep: true });
    client.send({ type: "resume", sessionId: first, keep: true });
    client.send({ type: "resume", sessionId: second, keep: true });
    await client.next("resync", 3);

    for (const sessionId of [first, second]) {
      await (await gateway.gateway.submit({ sessionId, content: "more" })).ended;
    }
    await client.next("run_end", 4);
    await client.roundTrip();

    const seqs = client.frames.flatMap((frame) =>
      "seq" in frame ? [`${frame.sessionId} ${frame.seq}`] : [],
    );
    expect(seqs).toEqual([...new Set(seqs)]);
  });

  test("becomes the watch of a message to that session", async () => {
    await using gateway = await testGateway();
    const { client, first } = await twoSessions(gateway);
    client.send({ type: "resume", sessionId: first, keep: true });
    await client.next("resync");

    client.send({ type: "message", sessionId: first, content: "again" });
    await client.next("run_end", 3);
    await client.roundTrip();

    expect(eventsOf(client, first).filter((type) => type === "run_end")).toHaveLength(2);
  });

  test("is limited to 100 sessions", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    for (let count = 0; count < 102; count += 1) {
      client.send({ type: "create", id: `${count}` });
      await client.next("connected", count + 2);
    }
    const ids = client.frames.flatMap((frame) => (frame.type === "connected" ? [frame.sessionId] : []));

    for (const sessionId of ids.slice(0, 101)) {
      client.send({ type: "resume", id: sessionId, sessionId, keep: true });
      await client.roundTrip();
    }

    const refused = client.frames.filter(({ type }) => type === "error");
    expect(refused).toEqual([
      expect.objectContaining({ code: "TOO_MANY_WATCHES", replyTo: ids[100], retryable: false }),
    ]);
  });
});

describe("unwatch", () => {
  test("with a session ends the watch of that session only", async () => {
    await using gateway = await testGateway();
    const { client, first, second } = await twoSessions(gateway);
    client.send({ type: "resume", sessionId: first, keep: true });
    await client.next("resync");
    const before = eventsOf(client, first).length;

    client.send({ type: "unwatch", sessionId: first });
    await client.roundTrip();
    await (await gateway.gateway.submit({ sessionId: first, content: "more" })).ended;
    await (await gateway.gateway.submit({ sessionId: second, content: "more" })).ended;
    await client.next("run_end", 3);

    expect(eventsOf(client, first).length).toBe(before);
  });

  test("without a session ends all watches", async () => {
    await using gateway = await testGateway();
    const { client, first, second } = await twoSessions(gateway);
    client.send({ type: "resume", sessionId: first, keep: true });
    client.send({ type: "unwatch" });
    await client.roundTrip();
    const before = client.frames.filter((frame) => "seq" in frame).length;

    for (const sessionId of [first, second]) {
      await (await gateway.gateway.submit({ sessionId, content: "more" })).ended;
    }
    await client.roundTrip();

    expect(client.frames.filter((frame) => "seq" in frame)).toHaveLength(before);
  });
});

describe("a resume with `runId`", () => {
  test("shows the events of a run from the first one on, and all that follow", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", id: "1", content: "one" });
    const { runId, sessionId } = await client.next("ack");
    await started(1);
    await client.next("chunk");

    const other = await gateway.connect();
    other.send({ type: "resume", sessionId, runId });
    const resumed = await other.next("resumed");
    release();
    await Promise.all([client.next("run_end"), other.next("run_end")]);

    expect(resumed).toMatchObject({ from: "events" });
    expect(eventsOf(other, sessionId)).toEqual(eventsOf(client, sessionId));
  });

  test("is refused for a run that the session does not have", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "resume", id: "1", sessionId: client.sessionId, runId: "none" });

    expect(await client.next("error")).toMatchObject({
      code: "RUN_NOT_FOUND",
      message: "`runId` must be one of the session's latest runs. There is no such run.",
    });
  });
});

describe("the ack of a repeated message", () => {
  test("is marked while its run is active, and has the end of a run that is over", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const message = { type: "message", id: "m", content: "one" } as const;
    client.send(message);
    await started(1);

    client.send(message);
    const active = await client.next("ack", 2);
    release();
    const { seq } = await client.next("run_end");
    client.send(message);
    const over = await client.next("ack", 3);

    const first = await client.next("ack");
    expect(first).not.toHaveProperty("repeated");
    expect(active).toEqual({ ...first, repeated: true });
    expect(over).toEqual({
      ...first,
      repeated: true,
      runEnd: expect.objectContaining({ type: "run_end", seq, outcome: "completed" }),
    });
  });
});

describe("approvals", () => {
  test("of one session are for those who may read it", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });
    const alice = await gateway.connect({ "X-User": "alice" });
    const bob = await gateway.connect({ "X-User": "bob" });
    const { sessionId } = await alice.next("connected");

    alice.send({ type: "approvals", id: "1", sessionId });
    bob.send({ type: "approvals", id: "2", sessionId });

    expect(await alice.next("approvals")).toEqual({ type: "approvals", approvals: [], replyTo: "1" });
    expect(await bob.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND", replyTo: "2" });
  });
});
