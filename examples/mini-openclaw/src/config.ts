import { statSync } from "node:fs";
import { join, resolve } from "node:path";

const logLevels = ["error", "warn", "info", "debug"] as const;

/** How much is written down: each level has those before it. */
export type LogLevel = (typeof logLevels)[number];

/** Everything that can be set from outside, resolved and checked. */
export interface MiniOpenClawConfig {
  /** 0 takes any free port. */
  port: number;
  host: string;
  /** Guards the gateway; needed beyond loopback. */
  token: string | undefined;
  /** Where the agent's tools work. */
  workspace: string;
  dataDir: string;
  sessionsDir: string;
  memoryDir: string;
  skillsDir: string;
  model: string;
  /** Log lines are JSON from this level on; absent: problems are printed as people read them. */
  logLevel: LogLevel | undefined;
  /** Whether `GET /metrics` is there. */
  metrics: boolean;
  /** Messages of a session that the model sees. */
  maxContextMessages: number;
  /** Share of these, 0 to 1, from which on what was said before is summed up; absent: never. */
  compactAtShare: number | undefined;
  /** What a run may cost, in US dollars. */
  maxRunCostUsd: number;
  /** The same of a session, and of a day (UTC) over all sessions; `Infinity`: no limit. */
  maxSessionCostUsd: number;
  maxDayCostUsd: number;
  /** Days before today whose log the prompt shows; sessions that come to rest are logged then. 0: nothing is logged. */
  logDays: number;
  /** Absent: a scripted demo model answers. */
  apiKey: string | undefined;
  /** Any server that speaks the Messages API; absent: the provider's own. */
  baseURL: string | undefined;
  /** An instruction that is run every so often, in a session of its own; absent: none. */
  schedule: { everyMinutes: number; instruction: string } | undefined;
  /** Whether `bash` runs in a sandbox: never, where there is one, or always, and else the server does not start. */
  sandbox: SandboxUse;
  /** Names of variables of the server's environment that commands of `bash` get too. */
  bashEnv: readonly string[];
}

/** The values of `MINI_OPENCLAW_SANDBOX`. */
export type SandboxUse = (typeof sandboxUses)[number];

const sandboxUses = ["off", "auto", "required"] as const;

/** A bad setting: which, what it was, what it may be. */
export interface ConfigProblem {
  name: string;
  message: string;
}

/** Names every bad setting at once. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIG";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, message }) => `${name}: ${message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Reads the settings from environment variables. An empty variable counts as absent.
 *
 * @throws ConfigError with every bad value; nothing is guessed.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  cwd: string = process.cwd(),
): MiniOpenClawConfig {
  const problems: ConfigProblem[] = [];

  function read<T>(name: string, fallback: T, parse: (text: string) => T | Refusal): T {
    const text = env[name]?.trim();
    if (text === undefined || text === "") return fallback;
    const value = parse(text);
    if (!(value instanceof Refusal)) return value;
    problems.push({ name, message: `${value.expected}, not ${quote(name, text)}` });
    return fallback;
  }

  function readSchedule(): MiniOpenClawConfig["schedule"] {
    const everyMinutes = read<number | undefined>("MINI_OPENCLAW_EVERY_MINUTES", undefined, (text) =>
      // A week; the timers of Node take no more than 24 days.
      wholeNumber(text, 1, 10_080),
    );
    const instruction = read<string | undefined>("MINI_OPENCLAW_INSTRUCTION", undefined, (text) => text);
    if (everyMinutes !== undefined && instruction !== undefined) return { everyMinutes, instruction };
    if (everyMinutes === undefined && instruction === undefined) return undefined;
    const name = everyMinutes === undefined ? "MINI_OPENCLAW_EVERY_MINUTES" : "MINI_OPENCLAW_INSTRUCTION";
    if (!problems.some((problem) => problem.name === name)) {
      problems.push({ name, message: "must be set too: a schedule needs an interval and an instruction" });
    }
    return undefined;
  }

  const workspace = read("MINI_OPENCLAW_WORKSPACE", resolve(cwd), (text) => directory(resolve(cwd, text)));
  const dataDir = read("MINI_OPENCLAW_DATA_DIR", join(workspace, ".mini-openclaw"), (text) =>
    resolve(cwd, text),
  );
  const config: MiniOpenClawConfig = {
    port: read("MINI_OPENCLAW_PORT", 3210, (text) => wholeNumber(text, 0, 65_535)),
    host: read("MINI_OPENCLAW_HOST", "127.0.0.1", hostName),
    token: read("MINI_OPENCLAW_TOKEN", undefined, token),
    workspace,
    dataDir,
    sessionsDir: join(dataDir, "sessions"),
    memoryDir: join(dataDir, "memory"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    model: read("MINI_OPENCLAW_MODEL", "claude-sonnet-5-5", modelName),
    logLevel: read<LogLevel | undefined>("MINI_OPENCLAW_LOG_LEVEL", undefined, logLevel),
    metrics: read("MINI_OPENCLAW_METRICS", false, onOrOff),
    maxContextMessages: read("MINI_OPENCLAW_MAX_CONTEXT", 50, (text) => wholeNumber(text, 1, 10_000)),
    compactAtShare:
      read("MINI_OPENCLAW_COMPACT_AT", 80, (text) => wholeNumber(text, 0, 100)) / 100 || undefined,
    maxRunCostUsd: read("MINI_OPENCLAW_MAX_RUN_COST", 5, amount),
    maxSessionCostUsd: read("MINI_OPENCLAW_MAX_SESSION_COST", Infinity, amount),
    maxDayCostUsd: read("MINI_OPENCLAW_MAX_DAY_COST", Infinity, amount),
    logDays: read("MINI_OPENCLAW_LOG_DAYS", 0, (text) => wholeNumber(text, 0, 30)),
    apiKey: read<string | undefined>("ANTHROPIC_API_KEY", undefined, (text) => text),
    baseURL: read<string | undefined>("ANTHROPIC_BASE_URL", undefined, httpAddress),
    schedule: readSchedule(),
    sandbox: read<SandboxUse>("MINI_OPENCLAW_SANDBOX", "auto", sandboxUse),
    bashEnv: read<readonly string[]>("MINI_OPENCLAW_BASH_ENV", [], variableNames),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** What would have been right. */
class Refusal {
  readonly expected: string;
  constructor(expected: string) {
    this.expected = expected;
  }
}

function wholeNumber(text: string, min: number, max: number): number | Refusal {
  const value = Number(text);
  const isInRange = /^\d+$/.test(text) && value >= min && value <= max;
  return isInRange ? value : new Refusal(`must be a whole number from ${min} to ${max}`);
}

function amount(text: string): number | Refusal {
  return /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : new Refusal("must be an amount of US dollars, such as 2.50");
}

function directory(path: string): string | Refusal {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? path : new Refusal("must be a directory that exists");
}

function variableNames(text: string): string[] | Refusal {
  const names = text.split(",").map((name) => name.trim());
  return names.every((name) => /^[A-Za-z_]\w*$/.test(name))
    ? names
    : new Refusal("must be names of variables with commas between them");
}

function hostName(text: string): string | Refusal {
  return /^[\w.:-]+$/.test(text)
    ? text
    : new Refusal("must be a host name or an IP address, without a port or scheme");
}

// The gateway refuses shorter ones too; here the message names the variable.
function token(text: string): string | Refusal {
  return Buffer.byteLength(text) >= 32
    ? text
    : new Refusal("must be at least 32 bytes (try: openssl rand -hex 32)");
}

function modelName(text: string): string | Refusal {
  return /^[\w.:/@-]+$/.test(text) ? text : new Refusal("must be a model's name, such as claude-sonnet-5-5");
}

function sandboxUse(text: string): SandboxUse | Refusal {
  return sandboxUses.find((use) => use === text) ?? new Refusal(`must be ${sandboxUses.join(", ")}`);
}

function logLevel(text: string): LogLevel | Refusal {
  const level = logLevels.find((one) => one === text);
  return level ?? new Refusal(`must be one of ${logLevels.join(", ")}`);
}

function onOrOff(text: string): boolean | Refusal {
  return text === "on" || text === "off" ? text === "on" : new Refusal("must be on or off");
}

function httpAddress(text: string): string | Refusal {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  return isHttp ? text : new Refusal("must be an http:// or https:// address");
}

/** A secret is never repeated. */
function quote(name: string, text: string): string {
  if (name.endsWith("_TOKEN") || name.endsWith("_KEY")) return `the ${Buffer.byteLength(text)} bytes given`;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
