import { expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

function posting(body: object, headers: Record<string, string> = {}): RequestInit {
  const own = { "content-type": "application/json" };
  return { method: "POST", headers: { ...own, ...headers }, body: JSON.stringify(body) };
}

test("POST /sessions/:id/retry answers the newest run anew, once for each Idempotency-Key", async () => {
  await using gateway = await testGateway();
  const first = await gateway.get("/sessions/current/messages", posting({ content: "hello" }));
  const { sessionId, runId } = (await first.json()) as { sessionId: string; runId: string };
  const client = await gateway.connect();
  const ask = () =>
    gateway.get(`/sessions/${sessionId}/retry`, posting({ runId }, { "idempotency-key": "q1" }));

  const [one, other] = await Promise.all([ask(), ask()]);
  const end = await client.next("run_end");

  expect([one.status, other.status]).toEqual([202, 202]);
  const answer = await one.json();
  expect(answer).toEqual({ sessionId, runId: end.runId, position: 0, replyTo: "q1" });
  expect(await other.json()).toMatchObject({ ...(answer as object), repeated: true });
  expect(await client.next("run_start")).toMatchObject({ runId: end.runId, retryOf: runId });
  const { runId: third } = (await (
    await gateway.get(`/sessions/${sessionId}/retry`, posting({ runId: end.runId }))
  ).json()) as { runId: string };
  expect((await client.next("run_end", 2)).runId).toBe(third);
});
