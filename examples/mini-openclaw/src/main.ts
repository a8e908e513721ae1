#!/usr/bin/env node
// The whole gateway, wired in the order of its parts: config → store → agent → gateway → page → signals.
import process from "node:process";
import {
  AgentRuntime,
  createBuiltinTools,
  createRememberTool,
  MemoryManager,
  SkillsLoader,
} from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import { GatewayError, GatewayServer } from "@mini-openclaw/gateway";
import { lockFolder, openSessionStore, type SessionStore, StoreError } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { banner } from "./banner.ts";
import { findBashSandbox } from "./bash-sandbox.ts";
import { ConfigError, loadConfig, type MiniOpenClawConfig } from "./config.ts";
import { prepareDataDir, prepareDemoWorkspace } from "./data-dir.ts";
import { createDemoProvider } from "./demo-model.ts";
import { openLog, openMetrics, type ServerLog } from "./observe.ts";
import { startSchedule } from "./schedule.ts";
import { createSessionLog, type SessionLogParts } from "./session-log.ts";
import { spentToday } from "./spent-today.ts";

// EX_CONFIG of sysexits.h: a supervisor need not try again.
const EXIT_BAD_CONFIG = 78;

// Chosen: half an hour. Who comes back later comes back with something else.
const SESSION_REST_MS = 1_800_000;

async function start(config: MiniOpenClawConfig): Promise<() => Promise<void>> {
  const { sandbox, state } = await findBashSandbox(config);
  const log = await openLog(config.logLevel);
  const dataDirLock = lockFolder(config.dataDir);
  prepareDataDir(config.dataDir);
  const store = await openSessionStore(config.sessionsDir);
  await store.recover();

  const isDemo = config.apiKey === undefined;
  const workspaceDir = isDemo ? prepareDemoWorkspace(config.dataDir) : config.workspace;
  const provider = createProvider(config);
  const memory = new MemoryManager({ workspaceDir, dataDir: config.dataDir });
  const bash = { passed: config.bashEnv, ...(sandbox && { sandbox }) };
  const tools = [
    ...createBuiltinTools(workspaceDir, { bash, hidden: [config.dataDir] }),
    createRememberTool(memory),
  ];
  const skills = new SkillsLoader({ workspaceDir });
  const { maxContextMessages, maxRunCostUsd, maxSessionCostUsd, maxDayCostUsd, logDays, compactAtShare } =
    config;
  // The demo's script cannot sum up.
  const sessionLog = logDays > 0 && !isDemo ? logSessions({ store, memory, provider }, log) : undefined;
  const agent = new AgentRuntime({
    provider,
    tools,
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
    ...(sessionLog && { onRun: sessionLog.onRun }),
    onError: (error) => log.report("agent", error),
  });

  const gateway = new GatewayServer({
    store,
    agent,
    ...(log.logger && { logger: log.logger }),
  });
  const { port, host, token } = config;
  const listening = await gateway.listen({
    port,
    host,
    ...(token === undefined ? {} : { token }),
    ...(config.metrics && { metrics: await openMetrics(gateway) }),
    serve: serveWebChat({ demo: isDemo }),
  });

  const stopSchedule = config.schedule ? runOnSchedule(config.schedule, { gateway, store, log }) : undefined;

  const found = await skills.load();
  for (const diagnostic of found.diagnostics) log.report("skills", diagnostic);
  console.log(
    banner(config, {
      address: `http://${host.includes(":") ? `[${host}]` : host}:${listening.port}/`,
      toolsDir: workspaceDir,
      skills: found.skills.map(({ name }) => name),
      tools: tools.map(({ name }) => name),
      sandbox: state,
      isDemo,
    }),
  );
  return async () => {
    stopSchedule?.();
    await gateway.close();
    await agent.close();
    await sessionLog?.close();
    await store.close();
    dataDirLock.release();
  };
}

function createProvider({ apiKey, baseURL, model }: MiniOpenClawConfig) {
  if (apiKey === undefined) return createDemoProvider();
  return createAnthropicProvider({ apiKey, model, ...(baseURL === undefined ? {} : { baseURL }) });
}

function logSessions(parts: Pick<SessionLogParts, "store" | "memory" | "provider">, { report }: ServerLog) {
  const onFailure = (error: unknown) => report("daily log", error);
  return createSessionLog({ ...parts, restMs: SESSION_REST_MS, onFailure });
}

/** In a session of its own, under the key `schedule`: it does not mix with what people say. */
function runOnSchedule(
  { everyMinutes, instruction }: NonNullable<MiniOpenClawConfig["schedule"]>,
  { gateway, store, log }: { gateway: GatewayServer; store: SessionStore; log: ServerLog },
): () => void {
  return startSchedule({
    everyMs: everyMinutes * 60_000,
    run: async () => {
      const { sessionId } = await store.getOrCreateSession("schedule");
      const { ended } = await gateway.submit({ sessionId, content: instruction });
      await ended;
    },
    onFailure: (error) => log.report("schedule", error),
  });
}

/** The first signal lets runs end; a second one does not wait. */
function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      console.log(`${signal}: letting runs end; once more to stop at once`);
      stop().then(() => process.exit(0), fail);
    });
  }
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(`Mini OpenClaw cannot start with these settings:\n${error.message}`);
    process.exit(EXIT_BAD_CONFIG);
  }
  const isExpected = GatewayError.is(error) || StoreError.is(error);
  console.error(isExpected ? `Mini OpenClaw cannot start: ${error.message}` : error);
  process.exit(1);
}

try {
  stopOnSignals(await start(loadConfig()));
} catch (error) {
  fail(error);
}
