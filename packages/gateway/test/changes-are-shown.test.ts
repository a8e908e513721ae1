import { describe, expect, test } from "vitest";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

/**
 * Number and type of the events that a client was sent; joined pieces count as the last of them.
 */
function events({ frames }: TestClient): string[] {
  return frames.flatMap((frame) => ("seq" in frame ? [`${frame.seq} ${frame.type}`] : []));
}

describe("watchers of a session get each change of it in order:", () => {
  test("a title while the session is idle, before the next run", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const witness = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await Promise.all([client.next("run_end"), witness.next("run_end")]);

    client.send({ type: "rename", sessionId, title: "New" });
    await Promise.all([client.next("session_updated"), witness.next("session_updated")]);
    client.send({ type: "message", content: "two" });
    await Promise.all([client.next("run_end", 2), witness.next("run_end", 2)]);

    expect(events(witness).slice(6, 9)).toEqual(["7 run_end", "8 session_updated", "9 user_message"]);
    expect(events(client)).toEqual(events(witness));
    expect(await witness.next("session_updated")).toMatchObject({ sessionId, title: "New" });
  });

  test("a title while a run is active", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);
    await client.next("chunk");

    client.send({ type: "rename", sessionId: client.sessionId, title: "New" });
    await client.next("session_updated");
    release();
    await client.next("run_end");

    const seqs = client.frames.flatMap((frame) => ("seq" in frame ? [frame.seq] : []));
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
    expect(events(client).slice(0, 4)).toEqual([
      "1 user_message",
      "2 run_start",
      "3 chunk",
      "4 session_updated",
    ]);
  });

  test("a title for a client that began to watch after the last run", async () => {
    await using gateway = await testGateway();
    const { sessionId } = await gateway.store.createSession("webchat");
    await (await gateway.gateway.submit({ sessionId, content: "one" })).ended;
    const client = await gateway.connect();

    client.send({ type: "rename", sessionId, title: "New" });
    await client.next("session_updated");

    expect(events(client)).toEqual(["8 session_updated"]);
  });

  test("the archive mark", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await client.next("run_end");

    client.send({ type: "archive", sessionId });
    await client.next("session_updated");
    client.send({ type: "unarchive", sessionId });
    const taken = await client.next("session_updated", 2);

    expect(events(client).slice(-2)).toEqual(["8 session_updated", "9 session_updated"]);
    expect(taken).toMatchObject({ archived: false });
  });

  test("no event for a command that changes nothing", async () => {
    await using gateway = await testGateway();
    const { sessionId } = await gateway.store.createSession("webchat");
    await (await gateway.gateway.submit({ sessionId, content: "one" })).ended;
    const client = await gateway.connect();

    client.send({ type: "unarchive", sessionId });
    await client.roundTrip();
    client.send({ type: "rename", sessionId, title: "New" });
    await client.next("session_updated");

    expect(events(client)).toEqual(["8 session_updated"]);
  });
});
