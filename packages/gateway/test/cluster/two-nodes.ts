import type { NumberedEvent, ServerEvent } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import type { GatewayOptions } from "../../src/index.ts";
import { type TestClient, testGateway } from "../test-gateway.ts";
import { MemoryCluster, type MemoryNode } from "./memory-cluster.ts";

/** Two gateways over one store, each with a node of its own. */
export async function twoNodes(options: Partial<GatewayOptions> = {}) {
  const cluster = new MemoryCluster(createMemoryStore());
  const start = async (node: MemoryNode) => ({
    node,
    ...(await testGateway({ idleMs: 60_000, ...options, store: node.store, cluster: node })),
  });
  const [first, second] = [await start(cluster.addNode()), await start(cluster.addNode())];
  return {
    cluster,
    first,
    second,
    async [Symbol.asyncDispose]() {
      await first.gateway.close({ drainMs: 0 });
      await second.gateway.close({ drainMs: 0 });
      await cluster.store.close();
    },
  };
}

export type Nodes = Awaited<ReturnType<typeof twoNodes>>;

/** The numbered events that a client got. */
export function numbered(client: TestClient): NumberedEvent[] {
  return client.frames.filter((frame: ServerEvent): frame is NumberedEvent => "seq" in frame);
}

/** The numbered events, with pieces of one text joined: a client that is behind gets few pieces. */
export function story(client: TestClient): unknown[] {
  const events: { seq?: number; type: string; messageId?: string; content?: string }[] = [];
  for (const event of numbered(client)) {
    const last = events.at(-1);
    if (event.type !== "chunk") events.push(event);
    else if (last?.type === "chunk" && last.messageId === event.messageId) last.content += event.content;
    else events.push({ type: "chunk", messageId: event.messageId, content: event.content });
  }
  return events;
}

/** Connects a client to each node. Both watch the same session from its beginning. */
export async function watchBoth({ first, second }: Nodes) {
  const [here, there] = [await first.connect(), await second.connect()];
  const { sessionId } = here;
  for (const client of [here, there]) client.send({ type: "resume", id: "w", sessionId, after: 0 });
  await Promise.all([here.next("resumed"), there.next("resumed")]);
  return { here, there, sessionId };
}
