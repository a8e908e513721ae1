import { expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { testGateway } from "./test-gateway.ts";

const users = {
  authenticate: ({ headers }: { headers: Record<string, unknown> }) => ({ id: String(headers["x-user"]) }),
};

const json = { "Content-Type": "application/json" };

test("the agent of one principal gets nothing of another's session, whatever the key", async () => {
  const agent = scriptedAgent(["for alice", "for bob", "for alice"]);
  await using gateway = await testGateway({ ...users, agent, sessionKey: () => "shared" });
  const alice = await gateway.connect({ "X-User": "alice" });
  const bob = await gateway.connect({ "X-User": "bob" });
  const sessions = [(await alice.next("connected")).sessionId, (await bob.next("connected")).sessionId];

  alice.send({ type: "message", content: "my secret" });
  await alice.next("run_end");
  bob.send({ type: "message", content: "what did she say?" });
  await bob.next("run_end");
  alice.send({ type: "message", content: "still mine" });
  await alice.next("run_end", 2);

  expect(new Set(sessions).size).toBe(2);
  expect(agent.inputs.map(({ sessionId }) => sessionId)).toEqual([sessions[0], sessions[1], sessions[0]]);
  expect(JSON.stringify(agent.inputs[1])).not.toContain("secret");
  expect(agent.inputs[2]?.messages).toHaveLength(3);
});

test("a message over HTTP shows no answer to a caller that may not read the session", async () => {
  await using gateway = await testGateway({
    authorize: ({ action }) => action !== "resume",
  });
  const { sessionId } = await gateway.store.createSession("webchat");
  const post = (headers: object) =>
    gateway.get(`/sessions/${sessionId}/messages`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify({ content: "hello" }),
    });

  const answer = await post({});
  const stream = await post({ Accept: "text/event-stream" });

  expect([answer.status, await answer.json()]).toEqual([202, { sessionId, runId: expect.any(String) }]);
  expect([stream.status, await stream.json()]).toMatchObject([403, { code: "FORBIDDEN" }]);
});
