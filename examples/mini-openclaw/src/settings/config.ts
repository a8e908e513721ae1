import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { cutText, listOf } from "@mini-openclaw/protocol/shared";
import { findMisspelled, type SettingName } from "./settings.ts";

const logLevels = ["error", "warn", "info", "debug"] as const;
const sandboxUses = ["off", "auto", "required"] as const;
const approvals = ["off", "bash", "write"] as const;

/** The least severe level that is logged. */
export type LogLevel = (typeof logLevels)[number];

/** The values of `MINI_OPENCLAW_SANDBOX`. */
export type SandboxUse = (typeof sandboxUses)[number];

/** All settings, resolved and checked. */
export interface MiniOpenClawConfig {
  /** 0 uses any free port. */
  port: number;
  host: string;
  /** Guards the gateway. Required beyond loopback. */
  token: string | undefined;
  /** Names of the server besides its own. */
  allowedHosts: readonly string[];
  /** The directory that the agent's tools work in. */
  workspace: string;
  dataDir: string;
  sessionsDir: string;
  memoryDir: string;
  skillsDir: string;
  model: string;
  /** The most tokens of one answer. Absent: the provider's default. */
  maxTokens: number | undefined;
  /** The level of JSON log lines. Absent: plain text for problems only. */
  logLevel: LogLevel | undefined;
  /** True if `GET /metrics` is served. */
  metrics: boolean;
  /** The number of a session's messages that the model gets. */
  maxContextMessages: number;
  /** The share of these, 0 to 1, at which earlier messages are summarized. Absent: never. */
  compactAtShare: number | undefined;
  /** The limit of a run in US dollars. */
  maxRunCostUsd: number;
  /** The limits of a session, and of a day (UTC) over all sessions. `Infinity`: no limit. */
  maxSessionCostUsd: number;
  maxDayCostUsd: number;
  /** The number of days of the daily log in the prompt. 0: no daily log. */
  logDays: number;
  /** Absent without a key. Without a base URL too, a scripted demo answers. */
  apiKey: string | undefined;
  /** A server with the Messages API. Absent: the provider's own. */
  baseURL: string | undefined;
  /** An instruction that runs at an interval, in its own session. Absent: none. */
  schedule: { everyMinutes: number; instruction: string } | undefined;
  /** The use of a sandbox for `bash`. */
  sandbox: SandboxUse;
  /** The calls that wait for a user's decision. */
  approval: (typeof approvals)[number];
  /** Names of variables of the server that the commands of `bash` get too. */
  bashEnv: readonly string[];
  /** Starts the MCP servers of the workspace's `.mcp.json`. */
  mcp: boolean;
  /** The most seconds of one command. */
  bashTimeoutSeconds: number;
}

/** A bad setting and the text about it. */
export interface ConfigProblem {
  name: string;
  message: string;
}

/** All bad settings at once. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIG";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, message }) => `\`${name}\` ${message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Reads the settings from environment variables. An empty variable counts as absent.
 *
 * @throws ConfigError with all bad and misspelled settings
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  cwd: string = process.cwd(),
): MiniOpenClawConfig {
  const problems: ConfigProblem[] = findMisspelled(Object.keys(env)).map(({ name, closest }) => ({
    name,
    message: `is not a setting. Did you mean ${closest}? --help lists all settings.`,
  }));

  function read<T>(name: SettingName, fallback: T, parse: (text: string) => T | Refusal): T {
    const text = env[name]?.trim();
    if (text === undefined || text === "") return fallback;
    const value = parse(text);
    if (!(value instanceof Refusal)) return value;
    problems.push({ name, message: `must be ${value.expected}, got ${quote(name, text)}.` });
    return fallback;
  }

  function readSchedule(): MiniOpenClawConfig["schedule"] {
    const everyMinutes = read<number | undefined>("MINI_OPENCLAW_EVERY_MINUTES", undefined, (text) =>
      // A week. The timers of Node cannot wait longer than 24 days.
      integer(text, 1, 10_080),
    );
    const instruction = read<string | undefined>("MINI_OPENCLAW_INSTRUCTION", undefined, (text) => text);
    if (everyMinutes !== undefined && instruction !== undefined) return { everyMinutes, instruction };
    if (everyMinutes === undefined && instruction === undefined) return undefined;
    const name = everyMinutes === undefined ? "MINI_OPENCLAW_EVERY_MINUTES" : "MINI_OPENCLAW_INSTRUCTION";
    if (!problems.some((problem) => problem.name === name)) {
      problems.push({ name, message: "must be set too. A schedule needs an interval and an instruction." });
    }
    return undefined;
  }

  const workspace = read("MINI_OPENCLAW_WORKSPACE", resolve(cwd), (text) => directory(resolve(cwd, text)));
  const dataDir = read("MINI_OPENCLAW_DATA_DIR", join(workspace, ".mini-openclaw"), (text) =>
    resolve(cwd, text),
  );
  const config: MiniOpenClawConfig = {
    port: read("MINI_OPENCLAW_PORT", 3210, (text) => integer(text, 0, 65_535)),
    host: read("MINI_OPENCLAW_HOST", "127.0.0.1", hostName),
    token: read("MINI_OPENCLAW_TOKEN", undefined, token),
    allowedHosts: read<readonly string[]>("MINI_OPENCLAW_ALLOWED_HOSTS", [], hostNames),
    workspace,
    dataDir,
    sessionsDir: join(dataDir, "sessions"),
    memoryDir: join(dataDir, "memory"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    model: read("MINI_OPENCLAW_MODEL", "claude-sonnet-5-5", modelName),
    maxTokens: read<number | undefined>("MINI_OPENCLAW_MAX_TOKENS", undefined, (text) =>
      integer(text, 1, 1_000_000),
    ),
    logLevel: read<LogLevel | undefined>("MINI_OPENCLAW_LOG_LEVEL", undefined, oneOf(logLevels)),
    metrics: read("MINI_OPENCLAW_METRICS", false, onOrOff),
    maxContextMessages: read("MINI_OPENCLAW_MAX_CONTEXT", 50, (text) => integer(text, 1, 10_000)),
    compactAtShare: read("MINI_OPENCLAW_COMPACT_AT", 80, (text) => integer(text, 0, 100)) / 100 || undefined,
    maxRunCostUsd: read("MINI_OPENCLAW_MAX_RUN_COST", 5, amount),
    maxSessionCostUsd: read("MINI_OPENCLAW_MAX_SESSION_COST", Infinity, amount),
    maxDayCostUsd: read("MINI_OPENCLAW_MAX_DAY_COST", Infinity, amount),
    logDays: read("MINI_OPENCLAW_LOG_DAYS", 0, (text) => integer(text, 0, 30)),
    apiKey: read<string | undefined>("ANTHROPIC_API_KEY", undefined, (text) => text),
    baseURL: read<string | undefined>("ANTHROPIC_BASE_URL", undefined, httpAddress),
    schedule: readSchedule(),
    sandbox: read<SandboxUse>("MINI_OPENCLAW_SANDBOX", "auto", oneOf(sandboxUses)),
    approval: read("MINI_OPENCLAW_APPROVAL", "off", oneOf(approvals)),
    // Off by default: the workspace may be somebody else's, and its servers run as this user.
    mcp: read("MINI_OPENCLAW_MCP", false, onOrOff),
    bashEnv: read<readonly string[]>("MINI_OPENCLAW_BASH_ENV", [], variableNames),
    bashTimeoutSeconds: read("MINI_OPENCLAW_BASH_TIMEOUT", 30, (text) => integer(text, 1, 86_400)),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The values that a setting may have. */
class Refusal {
  readonly expected: string;
  constructor(expected: string) {
    this.expected = expected;
  }
}

function integer(text: string, min: number, max: number): number | Refusal {
  const value = Number(text);
  const isInRange = /^\d+$/.test(text) && value >= min && value <= max;
  return isInRange ? value : new Refusal(`an integer from ${min} to ${max}`);
}

function amount(text: string): number | Refusal {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : new Refusal("an amount of US dollars, such as 2.50");
}

function directory(path: string): string | Refusal {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? path : new Refusal("a directory that exists");
}

function variableNames(text: string): readonly string[] | Refusal {
  const names = text.split(",").map((name) => name.trim());
  return names.every((name) => /^[A-Za-z_]\w*$/.test(name))
    ? names
    : new Refusal("names of variables separated by commas");
}

function hostName(text: string): string | Refusal {
  return /^[\w.:-]+$/.test(text)
    ? text
    : new Refusal("a host name or an IP address, without a port or scheme");
}

function hostNames(text: string): readonly string[] | Refusal {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  return names.every((name) => /^[\w.-]+(?::\d+)?$/.test(name))
    ? names
    : new Refusal("host names separated by commas, without a scheme, such as claw.example.com");
}

// The gateway refuses short tokens too. This text names the variable.
function token(text: string): string | Refusal {
  return Buffer.byteLength(text) >= 32 ? text : new Refusal("at least 32 bytes (try: openssl rand -hex 32)");
}

function modelName(text: string): string | Refusal {
  return /^[\w.:/@-]+$/.test(text) ? text : new Refusal("a model's name, such as claude-sonnet-5-5");
}

function oneOf<const Value extends string>(values: readonly Value[]): (text: string) => Value | Refusal {
  return (text) => values.find((value) => value === text) ?? new Refusal(listOf(values));
}

function onOrOff(text: string): boolean | Refusal {
  return text === "on" || text === "off" ? text === "on" : new Refusal("on or off");
}

function httpAddress(text: string): string | Refusal {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  return isHttp ? text : new Refusal("an http:// or https:// address");
}

/** A secret is never repeated. */
function quote(name: string, text: string): string {
  if (name.endsWith("_TOKEN") || name.endsWith("_KEY")) return `${Buffer.byteLength(text)} bytes`;
  return JSON.stringify(text.length > 80 ? `${cutText(text, 80)}…` : text);
}
