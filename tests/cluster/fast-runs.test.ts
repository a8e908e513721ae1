import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { memoryWebSocket } from "@mini-openclaw/gateway/testing";
import { createPostgresCluster, createPostgresStore } from "@mini-openclaw/postgres";
import type { SessionEvent } from "@mini-openclaw/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { useServer } from "../../packages/postgres/test/server/use-server.ts";

const postgres = useServer();

const ROUNDS = 30;

const echo = textAgent(({ messages }) => `You said: ${messages.at(-1)?.content}`);

async function openGateway(schema: string) {
  const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
  const gateway = new GatewayServer({ store, cluster: createPostgresCluster({ store }), agent: echo });
  onTestFinished(async () => {
    await gateway.close({ drainMs: 0 });
    await store.close();
  });
  return gateway;
}

/** Sends messages to a session through a gateway. Returns the types of the events of each run. */
async function converse(gateway: GatewayServer, sessionId: string, key: string): Promise<string[][]> {
  const socket = new (memoryWebSocket(gateway, { key }))("ws://memory/");
  const runs = new Map<string, string[]>();
  const send = (id: number) =>
    socket.send(JSON.stringify({ type: "message", id: String(id), sessionId, content: `message ${id}` }));
  await new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      const event = JSON.parse(data) as SessionEvent | { type: "connected" };
      if (event.type === "connected") send(1);
      if (!("seq" in event && "runId" in event)) return;
      const { type, runId } = event as { type: string; runId: string };
      runs.set(runId, [...(runs.get(runId) ?? []), type]);
      if (type !== "run_end") return;
      if (runs.size < ROUNDS) send(runs.size + 1);
      else resolve();
    });
  });
  socket.close();
  return [...runs.values()];
}

describe.skipIf(!hasPostgres)("a client of a node that does not own the session", () => {
  test("gets every event of runs that end at once", async () => {
    const owner = await openGateway("fast_runs");
    const other = await openGateway("fast_runs");
    const { sessionId, ended } = await owner.submit({ key: "k", content: "hello" });
    await ended;

    const runs = await converse(other, sessionId, "k");

    const whole = ["user_message", "run_start", "chunk", "assistant_message", "message_done", "run_end"];
    expect(runs).toEqual(Array.from({ length: ROUNDS }, () => whole));
  });
});
