// A gateway of the cluster as a process of its own. Its agent streams numbered words.
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { type AgentRunner, GatewayServer } from "@mini-openclaw/gateway";
import { createPostgresCluster, createPostgresStore } from "@mini-openclaw/postgres";
import { type Cluster, noUsage } from "@mini-openclaw/protocol";
import { Pool } from "pg";
import { type NodeMessage, type NodeOptions, TOKEN } from "./node-process.ts";

/** Answers a message with as many words as the message asks for. */
const agent: AgentRunner = {
  async *run({ runId, messages, signal }) {
    const [token = "", words = "1", gapMs = "0"] = (messages.at(-1)?.content ?? "").split(" ");
    const messageId = `${runId}-1`;
    let content = "";
    yield { type: "run_start", runId, timestamp: Date.now() };
    for (let count = 0; count < Number(words); count += 1) {
      await wait(Number(gapMs), undefined, { signal });
      const word = `${token}-${count} `;
      content += word;
      yield { type: "chunk", runId, messageId, content: word };
    }
    yield { type: "assistant_message", runId, id: messageId, content, timestamp: Date.now() };
    yield { type: "message_done", runId, content };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: Date.now() };
  },
};

interface ProgramOptions extends NodeOptions {
  readonly databaseHost?: string;
  readonly host: string;
}

async function start(options: ProgramOptions): Promise<void> {
  const { databaseHost = "127.0.0.1", port, host, name, durability, leaseMs } = options;
  const report = (error: unknown, during: string) => {
    const text =
      error instanceof Error
        ? `${error.name} ${(error as { code?: string }).code ?? ""} ${error.message}`
        : String(error);
    send({ failure: `${name}: ${during}: ${text}` });
  };
  const pool = new Pool({ host: databaseHost, port, user: "postgres", database: "postgres", max: 4 });
  pool.on("error", () => undefined);
  const store = await createPostgresStore({ pool, name, durability, leaseMs, onFailure: report });
  await store.recover();
  const gateway = new GatewayServer({
    store,
    cluster: reportGone(createPostgresCluster({ store }), name),
    agent,
    // Short, so that sessions move between the nodes.
    idleMs: 100,
    // Each user has a session of its own.
    sessionKey: (_, request) => `user:${request.url ?? ""}`,
    // Clients name the load balancer.
    allowedHosts: [() => true],
    onFailure: report,
  });
  const listening = await gateway.listen({ port: 0, host, token: TOKEN });
  process.on("message", () => {
    void gateway.close().then(async () => {
      await store.close();
      await pool.end();
      process.disconnect?.();
    });
  });
  send({ port: listening.port });
}

function send(message: NodeMessage): void {
  process.send?.(message);
}

/** Reports each node that is gone, before its sessions are recovered. */
function reportGone(cluster: Cluster, name: string): Cluster {
  const join = cluster.join.bind(cluster);
  cluster.join = (member) =>
    join({
      ...member,
      onNodeGone(node) {
        send({ step: `${name} learns that node ${node} is gone` });
        member.onNodeGone(node);
      },
    });
  return cluster;
}

// The test that started this process is gone.
process.on("disconnect", () => process.exit());

void start(JSON.parse(process.argv[2] ?? "{}") as ProgramOptions);
