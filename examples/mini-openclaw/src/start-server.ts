import { join } from "node:path";
import {
  AgentRuntime,
  type AgentRuntimeOptions,
  createBuiltinTools,
  createRememberTool,
  createTaskTool,
  createTodoTool,
  MemoryManager,
  SkillsLoader,
} from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import { connectMcpServers, readMcpConfig } from "@mini-openclaw/agent-runtime/mcp";
import { GatewayServer } from "@mini-openclaw/gateway";
import type { ModelProvider } from "@mini-openclaw/protocol";
import { lockFolder, openSessionStore, type SessionStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { banner } from "./banner.ts";
import { findBashSandbox } from "./bash-sandbox.ts";
import { announceAddress, prepareDataDir, prepareDemoWorkspace } from "./data-dir.ts";
import { createDemoProvider } from "./model/demo-model.ts";
import { createProxyFetch } from "./model/proxy-fetch.ts";
import { openLog, openMetrics, type ServerLog, toPart } from "./observe.ts";
import { openScheduleSession, startSchedule } from "./schedule.ts";
import { createSessionLog, type SessionLogDeps } from "./session-log.ts";
import type { MiniOpenClawConfig } from "./settings/config.ts";
import { spentToday } from "./spent-today.ts";

// Half an hour. A user who comes back later usually starts with another subject.
const SESSION_REST_MS = 1_800_000;

/**
 * Starts the server in the order of its parts: store, agent, gateway, schedule. Returns a function
 * that stops it.
 */
export async function startServer(config: MiniOpenClawConfig): Promise<() => Promise<void>> {
  const { sandbox, state } = await findBashSandbox(config);
  const log = await openLog(config.logLevel);
  const dataDirLock = lockFolder(config.dataDir);
  prepareDataDir(config.dataDir);
  const store = await openSessionStore(config.sessionsDir, {
    onFailure: (error, during) => log.report(`store, ${during}`, error),
  });
  await store.recover();

  const isDemo = config.apiKey === undefined && config.baseURL === undefined;
  const workspaceDir = isDemo ? prepareDemoWorkspace(config.dataDir) : config.workspace;
  const provider = isDemo ? createDemoProvider() : await createProvider(config);
  const memory = new MemoryManager({ workspaceDir, dataDir: config.dataDir });
  const bash = {
    timeoutMs: config.bashTimeoutSeconds * 1000,
    passed: config.bashEnv,
    ...(sandbox && { sandbox }),
  };
  const tools = [
    ...createBuiltinTools(workspaceDir, { bash, hidden: [config.dataDir] }),
    createRememberTool(memory),
    createTodoTool(),
    createTaskTool(),
  ];
  const skills = new SkillsLoader({ workspaceDir });
  const mcpServers = await connectMcpServers(config.mcp ? await readMcpConfig(workspaceDir) : {}, {
    workspaceDir,
  });
  for (const { name, error, faults } of mcpServers.status()) {
    for (const fault of [error ?? [], faults].flat()) log.report(`MCP server ${name}`, fault);
  }
  const { maxContextMessages, maxRunCostUsd, maxSessionCostUsd, maxDayCostUsd, logDays, compactAtShare } =
    config;
  // The script of the demo cannot summarize.
  const sessionLog = logDays > 0 && !isDemo ? logSessions({ store, memory, provider }, log) : undefined;
  const agent = new AgentRuntime({
    provider,
    tools,
    toolSources: [mcpServers],
    workspaceDir,
    skills,
    memory,
    maxContextMessages,
    maxRunCostUsd,
    maxSessionCostUsd,
    maxDayCostUsd,
    ...(maxDayCostUsd < Infinity && { spentTodayUsd: await spentToday(store) }),
    dailyLogDays: logDays,
    ...(compactAtShare !== undefined && !isDemo && { compactAtShare }),
    ...approvalOf(config),
    ...(sessionLog && { onRun: sessionLog.onRun }),
    onError: (error) => log.report("agent", error),
  });

  const { allowedHosts } = config;
  const gateway = new GatewayServer({
    store,
    agent,
    allowedHosts,
    allowedHostsSetting: "MINI_OPENCLAW_ALLOWED_HOSTS",
    allowedOriginsSetting: "MINI_OPENCLAW_ALLOWED_HOSTS",
    // A proxy may replace Host by its own target. The page's Origin has the public name then.
    allowedOrigins: allowedHosts.flatMap((host) => [`https://${host}`, `http://${host}`]),
    ...(log.logger ? { logger: log.logger } : { onFailure: (error, during) => log.report(during, error) }),
  });
  const { port, host, token } = config;
  const listening = await gateway.listen({
    port,
    host,
    ...(token === undefined ? {} : { token }),
    ...(config.metrics && { metrics: await openMetrics(gateway) }),
    parts: () => mcpServers.status().map(toPart),
    serve: serveWebChat({ demo: isDemo }),
  });
  const address = `http://${nameOf(host)}:${listening.port}/`;
  const removeAddress = announceAddress(config.dataDir, address);
  const stopSchedule = await runOnSchedule(config, { gateway, store, log });

  const found = await skills.load();
  for (const diagnostic of found.diagnostics) log.report("skills", diagnostic);
  console.log(
    banner(config, {
      address,
      toolsDir: workspaceDir,
      skills: found.skills.map(({ name }) => name),
      tools: [...tools, ...mcpServers.tools()].map(({ name }) => name),
      sandbox: state,
      isDemo,
    }),
  );
  return async () => {
    stopSchedule();
    await gateway.close();
    await agent.close();
    await sessionLog?.close();
    await store.close();
    removeAddress();
    dataDirLock.release();
  };
}

async function createProvider({
  apiKey = "none",
  baseURL,
  model,
  maxTokens,
}: MiniOpenClawConfig): Promise<ModelProvider> {
  const fetch = await createProxyFetch();
  return createAnthropicProvider({
    // A local server may need no key, but the provider sends one.
    apiKey,
    model,
    ...(baseURL !== undefined && { baseURL }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(fetch && { fetch }),
  });
}

/** Returns the rule for calls that wait for a user's decision. */
function approvalOf({ approval }: MiniOpenClawConfig): Pick<AgentRuntimeOptions, "approval"> {
  const asked: readonly string[] = {
    off: [],
    bash: ["bash"],
    write: ["bash", "write_file", "edit_file"],
  }[approval];
  return { approval: ({ toolName }) => (asked.includes(toolName) ? "ask" : undefined) };
}

/** Returns a name that a browser on this machine can open. */
function nameOf(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function logSessions(parts: Pick<SessionLogDeps, "store" | "memory" | "provider">, { report }: ServerLog) {
  const onFailure = (error: unknown) => report("daily log", error);
  return createSessionLog({ ...parts, restMs: SESSION_REST_MS, onFailure });
}

/** Runs the schedule in its own session, so that its messages do not mix with the user's. */
async function runOnSchedule(
  { schedule, dataDir }: MiniOpenClawConfig,
  { gateway, store, log }: { gateway: GatewayServer; store: SessionStore; log: ServerLog },
): Promise<() => void> {
  if (!schedule) return () => undefined;
  const file = join(dataDir, "schedule.json");
  await openScheduleSession(store, file);
  return startSchedule({
    everyMs: schedule.everyMinutes * 60_000,
    run: async () => {
      const sessionId = await openScheduleSession(store, file);
      const { ended } = await gateway.submit({ sessionId, content: schedule.instruction });
      await ended;
    },
    onFailure: (error) => log.report("schedule", error),
  });
}
