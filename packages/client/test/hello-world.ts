// The first programs of the READMEs, many times: a gateway, and a client that prints the answer.
// Prints the number of rounds in which the text was complete. Argument: the number of rounds.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayServer } from "@mini-openclaw/gateway";
import { type AgentRunner, noUsage } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { connect, type WatchedEvent } from "../src/index.ts";

const rounds = Number(process.argv[2]);

/** An agent that answers at once, which leaves a watcher the least time. */
const agent: AgentRunner = {
  async *run({ runId }) {
    const id = crypto.randomUUID();
    yield { type: "run_start", runId, timestamp: Date.now() };
    yield { type: "chunk", runId, messageId: id, content: "Hello " };
    yield { type: "chunk", runId, messageId: id, content: "there." };
    yield { type: "assistant_message", runId, id, content: "Hello there.", timestamp: Date.now() };
    yield { type: "message_done", runId, content: "Hello there." };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: Date.now() };
  },
};

/** Runs a client that iterates over all events of its session, or over its run alone. */
async function hello(url: string, round: number): Promise<string> {
  const client = connect({ url, WebSocket });
  const session = client.session();
  let text = "";
  let events: AsyncIterable<WatchedEvent>;
  if (round % 2 === 0) {
    events = session.events();
    void session.send(`Hello ${round}`);
  } else events = session.ask(`Hello ${round}`);
  for await (const event of events) {
    if (event.type === "chunk") text += event.content;
    if (event.type === "run_end") break;
  }
  client.close();
  return text;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hello-world-"));
  const store = await openSessionStore(folder);
  const gateway = new GatewayServer({ store, agent });
  const { port } = await gateway.listen({ port: 0 });
  let complete = 0;
  for (let round = 0; round < rounds; round += 1) {
    if ((await hello(`ws://127.0.0.1:${port}/`, round)) === "Hello there.") complete += 1;
  }
  await gateway.close({ drainMs: 0 });
  await store.close();
  await rm(folder, { recursive: true });
  console.log(`${complete} of ${rounds}`);
  process.exit();
}

void main();
