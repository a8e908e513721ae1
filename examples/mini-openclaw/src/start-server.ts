import { join } from "node:path";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openClawDialect } from "@mini-openclaw/openclaw-dialect";
import { lockFolder, openSessionStore, type SessionStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { findBashSandbox } from "./agent/bash-sandbox.ts";
import { createCostsByDay, spentToday } from "./agent/costs-by-day.ts";
import { type Agent, createAgent } from "./agent/create-agent.ts";
import { ModelChoices, withModelChoices } from "./agent/model-choices.ts";
import { createPageSettings } from "./agent/page-settings.ts";
import { createSessionLog, type SessionLogDeps } from "./agent/session-log.ts";
import { announceAddress, prepareDataDir, removeAddress } from "./data-dir.ts";
import { openLog, openMetrics, type ServerLog, toPart } from "./log/observe.ts";
import { accessOf, localAddress, reachableAddresses } from "./reach/addresses.ts";
import { banner } from "./reach/banner.ts";
import { createLoginLinks, type LoginLinks } from "./reach/login-links.ts";
import { loginText } from "./reach/login-text.ts";
import type { Schedule } from "./schedule/schedule-file.ts";
import { scheduledSessions } from "./schedule/schedule-sessions.ts";
import { createScheduler, schedulesOf } from "./schedule/scheduler.ts";
import type { MiniOpenClawConfig } from "./settings/config.ts";
import { type Reload, watchSettings } from "./settings/live-settings.ts";
import { efforts } from "./settings/settings.ts";

// Half an hour. A user who comes back later usually starts with another subject.
const SESSION_REST_MS = 1_800_000;

// Two weeks are a chart that a phone can show.
const COST_DAYS = 14;

/** A server that accepts connections. */
export interface RunningServer {
  /** The address of the page, which a browser on this machine can open. */
  address: string;
  /** Waits for active runs, then closes everything. */
  stop: () => Promise<void>;
}

/** The differences between a server and one that a command starts for itself. */
export interface StartOptions {
  /** Gets the banner. */
  print?: (text: string) => void;
  /** Reads the settings again after a change. Without it, no schedules run. */
  reload?: Reload;
  /** True for a server that only its own process can use. Others do not find its address. */
  isPrivate?: boolean;
}

/** Starts the server in the order of its parts: store, agent, gateway, schedules. */
export async function startServer(
  config: MiniOpenClawConfig,
  { print = console.log, reload, isPrivate = false }: StartOptions = {},
): Promise<RunningServer> {
  let schedules = reload ? schedulesOf(config) : [];
  const sandbox = await findBashSandbox(config);
  const log = await openLog(config.logLevel);
  const dataDirLock = lockFolder(config.dataDir);
  prepareDataDir(config.dataDir);
  // Of a server that was killed.
  removeAddress(config.dataDir);
  const store = await openSessionStore(config.sessionsDir, {
    onFailure: (error, during) => log.report(`store, ${during}`, error),
  });
  await store.recover();

  const isDemo = config.server.api === "demo";
  const parts = await createAgent(config, sandbox);
  for (const warning of config.warnings) log.report("settings", warning);
  for (const { name, error, faults } of parts.mcpServers.status()) {
    for (const fault of [error ?? [], faults].flat()) log.report(`MCP server ${name}`, fault);
  }
  const { provider, memory, skills } = parts;
  // The script of the demo cannot summarize.
  const sessionLog =
    config.logDays > 0 && !isDemo ? logSessions({ store, memory, provider }, log) : undefined;
  const agent = parts.createRuntime({
    ...(config.maxDayCostUsd < Infinity && { spentTodayUsd: await spentToday(store) }),
    ...(sessionLog && { onRun: sessionLog.onRun }),
    onError: (error) => log.report("agent", error),
  });

  const { allowedHosts, allowedOrigins, path, tokens } = accessOf(config);
  const choices = new ModelChoices(join(config.dataDir, "model-choices.json"), {
    models: parts.models,
    efforts: hasEfforts(config) ? efforts : [],
  });
  const gateway = new GatewayServer({
    store,
    agent: withModelChoices(agent, choices),
    allowedHosts,
    allowedHostsSetting: "MINI_OPENCLAW_ALLOWED_HOSTS",
    allowedOrigins,
    allowedOriginsSetting: "MINI_OPENCLAW_ALLOWED_HOSTS",
    ...(log.logger ? { logger: log.logger } : { onFailure: (error, during) => log.report(during, error) }),
  });
  const { port, host } = config;
  const page = serveWebChat({ demo: isDemo, showParts: true, showSettings: true });
  let links: LoginLinks | undefined;
  const listening = await gateway.listen({
    port,
    host,
    path,
    ...(tokens.length === 0 ? {} : { token: tokens }),
    ...(config.metrics && { metrics: await openMetrics(gateway) }),
    ...(config.openClaw && { dialects: { "/openclaw": openClawDialect({ model: toModelLabel(config) }) } }),
    parts: () => parts.mcpServers.status().map(toPart),
    routes: { "/settings": settingsOf(config, parts, { store, choices, schedules: () => schedules }) },
    serve: (request, response) => links?.answer(request, response) || page(request, response),
  });
  const address = localAddress(host, listening.port);
  const [token] = tokens;
  links = token === undefined ? undefined : createLoginLinks({ address, token });
  if (!isPrivate) announceAddress(config.dataDir, address);
  const scheduler = createScheduler({
    gateway,
    store,
    sessionsFile: config.scheduleSessions,
    report: (problem) => log.report("schedule", problem),
  });
  await scheduler.set(schedules);
  const stopWatching =
    reload &&
    watchSettings(config, reload, {
      async apply(changed) {
        parts.setApproval(changed.approval);
        schedules = schedulesOf(changed);
        await scheduler.set(schedules);
      },
      report: (problem) => log.report("settings", problem),
    });

  const found = await skills.load();
  for (const diagnostic of found.diagnostics) log.report("skills", diagnostic);
  const { workspaceDir, sandboxState } = parts;
  const toolNames = parts.tools().map(({ name }) => name);
  const skillNames = found.skills.map(({ name }) => name);
  const reachable = reachableAddresses(config, listening.port);
  print(banner(config, { address, reachable, workspaceDir, skillNames, toolNames, sandboxState, isDemo }));
  if (links) print(await loginText([...reachable, address].slice(0, 1), links.create()));
  return {
    address,
    async stop() {
      stopWatching?.();
      scheduler.stop();
      await gateway.close();
      await agent.close();
      await sessionLog?.close();
      await store.close();
      removeAddress(config.dataDir);
      dataDirLock.release();
    },
  };
}

/** Returns the answers to the page's requests for the app's settings. */
function settingsOf(
  { timeZone, scheduleSessions }: MiniOpenClawConfig,
  { tools, skills, memory }: Agent,
  {
    store,
    choices,
    schedules,
  }: { store: SessionStore; choices: ModelChoices; schedules: () => readonly Schedule[] },
) {
  const costs = createCostsByDay(store, { days: COST_DAYS, timeZone });
  return createPageSettings({
    ...{ choices, costs, tools, skills, memory },
    schedules: () => scheduledSessions(scheduleSessions, schedules()),
  });
}

/** Other servers than those of the two large APIs may know no efforts, unless one is set. */
function hasEfforts({ server: { api }, effort }: MiniOpenClawConfig): boolean {
  return api === "anthropic" || api === "openai" || (api !== "demo" && effort !== undefined);
}

/** Returns the model that OpenClaw's clients display. */
function toModelLabel({ server, model }: MiniOpenClawConfig): { provider: string; id: string } {
  return { provider: server.api, id: server.api === "demo" ? "demo" : model };
}

function logSessions(parts: Pick<SessionLogDeps, "store" | "memory" | "provider">, { report }: ServerLog) {
  const onFailure = (error: unknown) => report("daily log", error);
  return createSessionLog({ ...parts, restMs: SESSION_REST_MS, onFailure });
}
