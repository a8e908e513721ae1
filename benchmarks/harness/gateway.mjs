// Our gateway with everything on: token, validation, JSONL store and journal. Settings come as
// JSON.
import process from "node:process";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";

/**
 * Without `folder`, sessions are kept in memory. `sessionEach`: every connection gets its own.
 * @type {{ token: string, modelPort: number, folder?: string, idleMs?: number, maxContextMessages?:
 * number, sessionEach?: boolean }}
 */
const {
  token,
  modelPort,
  folder,
  idleMs = 30_000,
  maxContextMessages = 50,
  sessionEach,
} = JSON.parse(process.argv[2] ?? "{}");
const provider = createAnthropicProvider({
  apiKey: "none",
  model: "m",
  baseURL: `http://127.0.0.1:${modelPort}`,
});
let connections = 0;
const gateway = new GatewayServer({
  store: folder === undefined ? createMemoryStore() : await openSessionStore(folder),
  agent: new AgentRuntime({ provider, maxContextMessages }),
  idleMs,
  maxContextMessages,
  ...(sessionEach && { sessionKey: () => `webchat:${(connections += 1)}` }),
});
process.send?.({ port: (await gateway.listen({ port: 0, token })).port });
