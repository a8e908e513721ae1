// A gateway as a process of its own: the real store, the real agent, a model that says what it is told to.
import { readdirSync } from "node:fs";
import process from "node:process";
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

async function start(folder: string): Promise<void> {
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
  process.on("message", () => process.send?.({ usedBytes: usedBytes(), descriptors: countDescriptors() }));
  process.send?.({ port: listening.port });
}

/** What is held after a collection. */
function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
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
