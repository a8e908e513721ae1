// A gateway as a process of its own: the real store, the real agent, a model that says what it is told to.
import { subscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { readdirSync } from "node:fs";
import process from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AgentRuntime, type ToolDefinition } from "@mini-openclaw/agent-runtime";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openSessionStore } from "@mini-openclaw/session-store";
import { pacedModel } from "./story.ts";

const note: ToolDefinition = {
  name: "note",
  description: "Takes a note.",
  parameters: {},
  approval: "ask",
  execute: () => ({ success: true, output: "noted" }),
};

/** Emits `change` when a connection opens or closes. */
const connections = Object.assign(new EventEmitter(), { count: 0 });
subscribe("mini-openclaw:gateway:connection", (message) => {
  connections.count += (message as { phase: string }).phase === "open" ? 1 : -1;
  connections.emit("change");
});

async function start(folder: string): Promise<void> {
  const atStart = await usage();
  const store = await openSessionStore(folder);
  await store.recover();
  const gateway = new GatewayServer({
    store,
    agent: new AgentRuntime({ provider: pacedModel, tools: [note] }),
    // Two messages of context: what a long history costs is another question.
    maxContextMessages: 2,
    // Whoever says another name in the address has a session of its own.
    sessionKey: (_, request) => `torture:${request.url ?? ""}`,
  });
  const listening = await gateway.listen({ port: 0 });
  const answers: Readonly<Record<string, () => Promise<object>>> = {
    usage,
    async "usage at rest"() {
      while (connections.count > 0) await once(connections, "change");
      return await usage();
    },
    async close() {
      await gateway.close();
      await store.close();
      return { atStart, closed: await usage() };
    },
  };
  process.on("message", (question) => {
    void answers[String(question)]?.().then((answer) => process.send?.(answer));
  });
  process.send?.({ port: listening.port });
}

async function usage() {
  return { usedBytes: await usedBytes(), descriptors: countDescriptors() };
}

/**
 * Returns the bytes in use after a collection. V8 frees the memory of buffers on a thread of its
 * own, after the collection that found them. A second collection, a turn later, waits for that.
 */
async function usedBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  await nextTurn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Returns the number of open descriptors, or 0 where the system does not tell. */
function countDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

const [folder = ""] = process.argv.slice(2);
void start(folder);
