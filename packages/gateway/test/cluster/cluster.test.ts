import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { heldAgent, type TestClient } from "../test-gateway.ts";
import { numbered, story, twoNodes, watchBoth } from "./two-nodes.ts";

/** Resolves when the client got the end of `count` runs. */
async function ends(client: TestClient, count = 1) {
  return client.next("run_end", count);
}

/** Asks before it answers with the decision. */
const askingAgent: AgentRunner = {
  async *run({ runId, decision: decide, signal }) {
    yield { type: "run_start", runId, timestamp: 1 };
    yield {
      type: "assistant_message",
      runId,
      id: `${runId}-1`,
      content: "",
      toolCalls: [{ callId: "c1", toolName: "bash", input: {} }],
      timestamp: 2,
    };
    yield { type: "approval_request", runId, callId: "c1", toolName: "bash", reason: "writes a file" };
    const decision = (await decide?.("c1", { signal })) ?? "deny";
    yield { type: "approval_done", runId, callId: "c1", decision };
    yield { type: "message_done", runId, content: decision };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 3 };
  },
};

describe("a session that another node owns", () => {
  test("takes a message from a client of this node, and both clients get every event once", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    there.send({ type: "message", id: "m2", content: "two", sessionId: here.sessionId });
    const { runId, position } = await there.next("ack");
    release();
    await ends(here);
    await started(2);
    release();
    await Promise.all([ends(here, 2), ends(there, 2)]);

    expect(position).toBe(1);
    expect(nodes.first.node.requests).toContain("submit");
    expect((await there.next("run_end", 2)).runId).toBe(runId);
    expect(story(there)).toEqual(story(here));
    const seqs = numbered(there).map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
  });

  test("shows a client that resumes in the middle of a run the same events", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const here = await nodes.first.connect();
    here.send({ type: "message", id: "m1", content: "hello" });
    await started(1);
    await here.next("chunk");
    const there = await nodes.second.connect();
    there.send({ type: "resume", id: "r", sessionId: here.sessionId, after: 0 });
    expect(await there.next("resumed")).toMatchObject({ from: "events", upTo: 3 });
    release();
    await Promise.all([ends(here), ends(there)]);

    expect(story(there)).toEqual(story(here));
  });

  test("resyncs a client with the active run and the queued messages", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const here = await nodes.first.connect();
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    here.send({ type: "message", id: "m2", content: "two" });
    const { runId } = await here.next("ack");
    await here.next("ack", 2);
    const there = await nodes.second.connect();
    there.send({ type: "resume", id: "r", sessionId: here.sessionId });

    expect(await there.next("resync")).toMatchObject({ runId });
    expect(await there.next("message_queued")).toMatchObject({ content: "two" });
    release();
    release();
    await ends(there, 2);
  });

  test("is aborted, steered, retried and edited from this node", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    there.send({ type: "message", id: "m2", content: "steered", sessionId, mode: "steer" });
    await there.next("ack");
    there.send({ type: "abort", sessionId });
    expect(await ends(there)).toMatchObject({ outcome: "aborted" });
    const { runId } = await ends(here);
    there.send({ type: "retry", id: "m3", sessionId, runId });
    await there.next("ack", 2);
    await started(2);
    release();
    release();
    await ends(there, 2);
    const message = await there.next("user_message");
    there.send({ type: "edit", id: "m4", sessionId, messageId: message.id, content: "better" });
    await there.next("ack", 3);
    await started(3);
    release();
    await Promise.all([ends(here, 3), ends(there, 3)]);

    expect(story(there)).toEqual(story(here));
    expect(nodes.first.node.requests).toEqual(expect.arrayContaining(["submit", "abort", "retry", "edit"]));
  });

  test("refuses what its owner refuses, in the owner's words", async () => {
    const { agent, started } = heldAgent();
    await using nodes = await twoNodes({ agent, limits: { maxQueuedMessages: 0 } });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    there.send({ type: "message", id: "m2", content: "two", sessionId });
    expect(await there.next("error")).toMatchObject({ code: "QUEUE_FULL", replyTo: "m2", retryable: true });
    there.send({ type: "archive", id: "a", sessionId });
    expect(await there.next("error", 2)).toMatchObject({ code: "SESSION_BUSY", replyTo: "a" });
    there.send({ type: "abort", id: "b", sessionId, runId: "none" });
    expect(await there.next("error", 3)).toMatchObject({ code: "RUN_NOT_FOUND", replyTo: "b" });
  });

  test("lists its waiting approval on every node, and takes the decision from any", async () => {
    await using nodes = await twoNodes({ agent: askingAgent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "write" });
    await there.next("approval_request");
    while (!there.activity.some(({ awaitsApproval }) => awaitsApproval)) await once(there, "frame");
    there.send({ type: "approvals", id: "q" });
    const [waiting] = (await there.next("approvals")).approvals;
    expect(waiting).toMatchObject({ callId: "c1" });
    there.send({ type: "approve", id: "other", sessionId, callId: "c1", decision: "deny", runId: "other" });
    expect(await there.next("error")).toMatchObject({ code: "APPROVAL_EXPIRED", replyTo: "other" });
    there.send({ type: "approve", sessionId, callId: "c1", decision: "once", runId: waiting?.runId ?? "" });

    expect(await there.next("approval_done")).toMatchObject({ decision: "once" });
    await Promise.all([ends(here), ends(there)]);
    there.send({ type: "approve", id: "late", sessionId, callId: "c1", decision: "once" });
    expect(await there.next("error", 2)).toMatchObject({ code: "APPROVAL_EXPIRED", replyTo: "late" });
  });

  test("runs a message once that comes to both nodes under one id", async () => {
    await using nodes = await twoNodes();
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "same", content: "once" });
    there.send({ type: "message", id: "same", content: "once", sessionId });
    const [one, other] = await Promise.all([here.next("ack"), there.next("ack")]);
    await Promise.all([ends(here), ends(there)]);

    expect(one.runId).toBe(other.runId);
    expect(numbered(here).filter(({ type }) => type === "user_message")).toHaveLength(1);
    there.send({ type: "message", id: "same", content: "other", sessionId });
    expect(await there.next("error")).toMatchObject({ code: "REQUEST_CONFLICT" });
  });

  test("gets the answer that an app adds on this node, and the watchers of all nodes get it", async () => {
    await using nodes = await twoNodes();
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await Promise.all([here.next("run_end"), there.next("run_end")]);

    await (await nodes.second.gateway.submit({ sessionId, role: "assistant", content: "Deployed." })).ended;

    for (const client of [here, there])
      expect(await client.next("assistant_message", 2)).toMatchObject({ content: "Deployed." });
    expect(nodes.first.node.requests.filter((name) => name === "submit")).toHaveLength(1);
  });

  test("is renamed, archived, restored and deleted from this node", async () => {
    await using nodes = await twoNodes();
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await Promise.all([ends(here), ends(there)]);
    there.send({ type: "rename", id: "n", sessionId, title: "New title" });
    await there.next("session_updated");
    await here.next("session_updated");
    expect(nodes.first.node.requests).toContain("store");
    while (!here.activity.some(({ title }) => title === "New title")) await once(here, "frame");
    there.send({ type: "archive", id: "a", sessionId });
    while (!here.activity.some(({ archived }) => archived)) await once(here, "frame");
    there.send({ type: "unarchive", id: "u", sessionId });
    while (!here.activity.at(-1) || here.activity.at(-1)?.archived) await once(here, "frame");
    there.send({ type: "delete", id: "d", sessionId });
    expect(await here.next("session_deleted")).toMatchObject({ sessionId });
    expect(nodes.first.failures).toEqual([]);
    expect(nodes.second.failures).toEqual([]);
  });

  test("answers `submit` of this process and a POST with the end of the run", async () => {
    await using nodes = await twoNodes();
    const here = await nodes.first.connect();
    const { sessionId } = here;
    here.send({ type: "message", id: "m1", content: "one" });
    await ends(here);
    const { ended } = await nodes.second.gateway.submit({ sessionId, content: "two" });
    expect(await ended).toMatchObject({ outcome: "completed", content: "two" });
    const post = (accept: string) =>
      nodes.second.get(`/sessions/${sessionId}/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify({ content: "three" }),
      });
    expect(await (await post("application/json")).json()).toMatchObject({ content: "three" });
    const stream = await (await post("text/event-stream")).text();
    const types = [...stream.matchAll(/event: (\w+)/g)].map(([, type]) => type);
    expect(types.slice(0, 2)).toEqual(["user_message", "run_start"]);
    expect(types.slice(-2)).toEqual(["message_done", "run_end"]);
    expect(nodes.first.node.requests.filter((name) => name === "submit")).toHaveLength(3);
  });
});

describe("a node that dies", () => {
  test("leaves its run to another node, which ends it once for all clients", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    await there.next("chunk");
    await nodes.cluster.kill(nodes.first.node);

    expect(await ends(there)).toMatchObject({ outcome: "interrupted" });
    there.send({ type: "message", id: "m2", content: "two", sessionId });
    await there.next("ack");
    await started(2);
    release();
    release();
    expect(await ends(there, 2)).toMatchObject({ outcome: "completed" });
    there.send({ type: "message", id: "m1", content: "one", sessionId });
    expect(await there.next("ack", 2)).toMatchObject({ repeated: true });
  });

  test("does a request once if it dies between the record and the answer", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    nodes.first.node.beforeAnswer = (name) =>
      name === "submit" ? nodes.cluster.kill(nodes.first.node) : Promise.resolve();
    there.send({ type: "message", content: "two", sessionId });
    await ends(there, 2);
    there.send({ type: "history", id: "h", sessionId });
    const { messages } = await there.next("history");
    release();

    expect(messages.filter(({ content }) => content === "two")).toHaveLength(1);
  });

  test("ends the runs of a dead node when the store fails at first", async () => {
    const { agent, started } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    const { store } = nodes.cluster;
    const recover = store.recover.bind(store);
    let tries = 0;
    store.recover = () => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error("the database restarts")) : recover();
    };
    await nodes.cluster.kill(nodes.first.node);
    expect(await ends(there)).toMatchObject({ outcome: "interrupted" });
    expect(tries).toBe(2);
  });

  test("is ready as long as its node is alive, and reads nothing for the answer", async () => {
    await using nodes = await twoNodes();
    const { first, second, cluster } = nodes;
    await cluster.kill(first.node);
    expect(await first.gateway.readiness()).toEqual({
      ready: false,
      failing: ["the gateway was cut off from its cluster"],
    });
    second.node.store.getSession = () => new Promise(() => undefined);
    expect(await second.gateway.readiness()).toEqual({ ready: true, failing: [] });
  });

  test("stops its runs when it may have lost its sessions, and follows their new owner", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    const [input] = await started(1);
    await here.next("chunk");
    await nodes.cluster.kill(nodes.first.node);
    await ends(there);
    // The node continues under a new name, as after a pause.
    nodes.cluster.nodes.set(nodes.first.node.name, nodes.first.node);
    const closed = once(here.socket, "close");
    nodes.first.node.member?.onOwnershipLost();
    expect((await closed)[0]).toBe(1013);
    expect(input?.signal.aborted).toBe(true);
    const again = await nodes.first.connect();
    const { seq: after } = await ends(there);
    again.send({ type: "resume", id: "r", sessionId, after });
    await again.next("resumed");
    there.send({ type: "message", id: "m2", content: "two", sessionId });
    await started(2);
    release();
    release();
    await Promise.all([ends(again), ends(there, 2)]);

    const fromTwo = numbered(there).filter(({ seq }) => seq > after);
    expect(numbered(again).map(({ seq, type }) => [seq, type])).toEqual(
      fromTwo.map(({ seq, type }) => [seq, type]),
    );
  });

  test("gives a message that waits for its log to the new owner", async () => {
    await using nodes = await twoNodes();
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await Promise.all([ends(here), ends(there)]);
    await nodes.cluster.kill(nodes.first.node);
    nodes.cluster.nodes.set(nodes.first.node.name, nodes.first.node);
    there.send({ type: "message", id: "m2", content: "two", sessionId });
    await ends(there, 2);
    // This node still believes that it has the log.
    here.send({ type: "message", id: "m2", content: "two", sessionId });
    expect(await here.next("ack", 2)).toMatchObject({ repeated: true });
    here.send({ type: "message", id: "m3", content: "three", sessionId });
    await Promise.all([ends(here, 3), ends(there, 3)]);

    expect(story(here)).toEqual(story(there));
    expect(nodes.second.node.requests).toContain("submit");
  });
});

describe("a message that is sent again", () => {
  const message = { type: "message", id: "m2", content: "two" } as const;

  /** A node with the ids of the session from the time before the message. */
  async function nodeWithOldIds() {
    const { agent, started, release } = heldAgent();
    const nodes = await twoNodes({ agent, idleMs: 1 });
    const watched = await watchBoth(nodes);
    const { here, there, sessionId } = watched;
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    // The session was free when this node asked, and is owned when it opens the log.
    const { node } = nodes.second;
    const ownerOf = node.ownerOf.bind(node);
    node.ownerOf = async () => {
      node.ownerOf = ownerOf;
      return undefined;
    };
    there.send({ ...message, sessionId });
    const { runId } = await there.next("ack");
    release();
    await started(2);
    release();
    await Promise.all([ends(here, 2), ends(there, 2)]);
    while (nodes.cluster.logs.size > 0) await turn();
    return { ...watched, nodes, runId };
  }

  test("runs once on a node that read the ids while another one had the session", async () => {
    const { nodes, there, sessionId, runId } = await nodeWithOldIds();
    await using _ = nodes;
    there.send({ ...message, sessionId });

    expect(await there.next("ack", 2)).toMatchObject({ runId, repeated: true });
  });

  test("runs once where another node records it between the comparison and the log", async () => {
    await using nodes = await twoNodes({ idleMs: 1 });
    const { here, there, sessionId } = await watchBoth(nodes);
    const { node } = nodes.second;
    const openLog = node.store.openLog.bind(node.store);
    const loadMessages = node.store.loadMessages.bind(node.store);
    let opened = 0;
    // The log of the comparison is closed before the comparison ends.
    node.store.loadMessages = async (...args) => {
      const messages = await loadMessages(...args);
      while (nodes.cluster.logs.size > 0) await turn();
      return messages;
    };
    node.store.openLog = async (...args) => {
      opened += 1;
      if (opened === 2) {
        here.send(message);
        await ends(here);
        while (nodes.cluster.logs.size > 0) await turn();
      }
      return openLog(...args);
    };
    there.send({ ...message, sessionId });

    expect(await there.next("ack")).toMatchObject({ repeated: true });
    expect((await here.next("ack")).runId).toBe((await there.next("ack")).runId);
    expect(numbered(here).filter(({ type }) => type === "user_message")).toHaveLength(1);
  });
});

describe("a node that stops in good order", () => {
  test("gives its sessions to the node that the next message comes to", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    const closing = nodes.first.gateway.close({ drainMs: 60_000 });
    await here.next("draining");
    there.send({ type: "message", id: "m2", content: "two", sessionId });
    release();
    await closing;
    await started(2);
    release();
    expect(await ends(there, 2)).toMatchObject({ outcome: "completed" });
  });
});

describe("the state of other nodes", () => {
  test("reaches a node that joins during a run", async () => {
    const { agent, started, release } = heldAgent();
    await using nodes = await twoNodes({ agent });
    const { here, there, sessionId } = await watchBoth(nodes);
    here.send({ type: "message", id: "m1", content: "one" });
    await started(1);
    nodes.second.node.member?.onNoticesLost();
    const isListedAsRunning = async (count: number): Promise<boolean> => {
      there.send({ type: "list", id: `l${count}` });
      const { sessions } = await there.next("sessions", count);
      return sessions.some((one) => one.sessionId === sessionId && one.running);
    };
    let count = 1;
    while (!(await isListedAsRunning(count))) count += 1;
    release();

    expect(await ends(there)).toMatchObject({ outcome: "completed" });
  });

  test("reports a notice and a request that it cannot read, and continues", async () => {
    await using nodes = await twoNodes();
    nodes.first.node.member?.onNotice("node-2", "{");
    expect(await nodes.first.node.member?.onRequest("{")).toContain('"ok":false');
    expect(nodes.first.failures).toEqual([
      expect.stringContaining("a notice of another node"),
      expect.stringContaining("a request of another node"),
    ]);
  });
});
