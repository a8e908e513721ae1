// A gateway with the parts of the example server: token, validation, JSONL store, journal,
// workspace prompt, memory, skills and tools. Settings come as JSON.
import process from "node:process";
import { pathToFileURL } from "node:url";

/**
 * Without `folder` and `postgres`, sessions are kept in memory. Without `workspace`, the agent has
 * neither prompt files nor tools. `sessionEach`: every connection gets its own session. `checkout`:
 * another checkout of this repository, built, whose packages are measured. `aiSdk`: clients of the
 * AI SDK are served too. `postgres`: where the database is, and the schema.
 * @type {{ token: string, modelPort: number, folder?: string, workspace?: string, idleMs?: number,
 * maxContextMessages?: number, sessionEach?: boolean, checkout?: string, aiSdk?: boolean,
 * postgres?: import("pg").PoolConfig & { schema: string }, durability?: "os" | "disk" }}
 */
const {
  token,
  modelPort,
  folder,
  workspace: workspaceDir,
  idleMs = 30_000,
  maxContextMessages = 50,
  sessionEach,
  checkout,
  aiSdk = false,
  postgres,
  durability = "os",
} = JSON.parse(process.argv[2] ?? "{}");

/** @param {string} path */
const ofCheckout = (path) => import(pathToFileURL(`${checkout}/packages/${path}.js`).href);
const isOwn = checkout === undefined;
const { AgentRuntime, createBuiltinTools, createRememberTool, MemoryManager, SkillsLoader } = await (isOwn
  ? import("@mini-openclaw/agent-runtime")
  : ofCheckout("agent-runtime/dist/index"));
const { createAnthropicProvider } = await (isOwn
  ? import("@mini-openclaw/agent-runtime/anthropic")
  : ofCheckout("agent-runtime/dist/anthropic"));
const { GatewayServer } = await (isOwn ? import("@mini-openclaw/gateway") : ofCheckout("gateway/dist/index"));
const { createMemoryStore, openSessionStore } = await (isOwn
  ? import("@mini-openclaw/session-store")
  : ofCheckout("session-store/dist/index"));

/** @param {string} dir */
function partsOf(dir) {
  const memory = new MemoryManager({ workspaceDir: dir });
  const tools = [...createBuiltinTools(dir), createRememberTool(memory)];
  return { workspaceDir: dir, memory, skills: new SkillsLoader({ workspaceDir: dir }), tools };
}

async function openStore() {
  if (postgres) {
    const { default: pg } = await import("pg");
    const { createPostgresStore } = await import("@mini-openclaw/postgres");
    const { schema, ...config } = postgres;
    return createPostgresStore({ pool: new pg.Pool(config), schema, durability });
  }
  return folder === undefined ? createMemoryStore() : openSessionStore(folder, { durability });
}

const provider = createAnthropicProvider({
  apiKey: "none",
  model: "m",
  baseURL: `http://127.0.0.1:${modelPort}`,
});
const { aiSdkDialect, aiSdkHttp } = aiSdk ? await import("@mini-openclaw/ai-sdk") : {};
// Without a workspace, it is a library in somebody's app.
if (isOwn && workspaceDir) {
  const ofApp = new URL("../../examples/mini-openclaw/dist/compile-early.js", import.meta.url);
  (await import(ofApp.href)).compileEarly();
}
let connections = 0;
const gateway = new GatewayServer({
  store: await openStore(),
  agent: new AgentRuntime({ provider, maxContextMessages, ...(workspaceDir && partsOf(workspaceDir)) }),
  idleMs,
  maxContextMessages,
  ...(aiSdkDialect && { dialects: [aiSdkDialect()] }),
  ...(sessionEach && { sessionKey: () => `webchat:${(connections += 1)}` }),
});
const forms = aiSdkHttp && { "/api/chat": aiSdkHttp() };
process.send?.({ port: (await gateway.listen({ port: 0, token, ...(forms && { forms }) })).port });
