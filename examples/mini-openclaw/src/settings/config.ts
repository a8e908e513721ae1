import { dirname, join } from "node:path";
import { closestName, cutText } from "@mini-openclaw/protocol/shared";
import { Refusal } from "./kinds.ts";
import { environmentNames, findMisspelled, keyNamed } from "./setting-names.ts";
import {
  flagOf,
  type Setting,
  type SettingKey,
  type SettingValues,
  settingKeys,
  settings,
} from "./settings.ts";
import type { Sources } from "./sources.ts";

type RequiredKey = keyof typeof defaults;
type Values = Required<Pick<SettingValues, RequiredKey>> & Omit<SettingValues, RequiredKey>;

/** The least severe level that is logged. */
export type LogLevel = NonNullable<SettingValues["logLevel"]>;

/** The server of the model. */
export interface ModelServer {
  api: Exclude<Values["provider"], "auto">;
  apiKey: string | undefined;
  /** Absent: the address of the API's own server. */
  baseURL: string | undefined;
}

/** The settings that {@link MiniOpenClawConfig} has in another form. */
type Raw =
  | "compactAt"
  | "everyMinutes"
  | "instruction"
  | "provider"
  | `${"anthropic" | "openai"}${"ApiKey" | "BaseUrl"}`;

/** All settings, resolved and checked, with the paths and facts that follow from them. */
export interface MiniOpenClawConfig extends Omit<Values, Raw> {
  server: ModelServer;
  sessionsDir: string;
  memoryDir: string;
  skillsDir: string;
  /** The share of the context, 0 to 1, at which earlier messages are summarized. Absent: never. */
  compactAtShare: number | undefined;
  /** An instruction that runs at an interval, in its own session. Absent: none. */
  schedule: { everyMinutes: number; instruction: string } | undefined;
  /** The user's `config.json`, which may be missing. */
  configFile: string;
  /** The file with the user's other schedules, which may be missing. */
  scheduleFile: string;
  /** The file that remembers the session of each schedule. */
  scheduleSessions: string;
  /** Sentences about settings that do not count where they stand. */
  warnings: readonly string[];
}

const defaults = {
  port: 3210,
  host: "127.0.0.1",
  extraTokens: [],
  allowedHosts: [],
  allowedOrigins: [],
  workspace: "",
  dataDir: "",
  provider: "auto",
  model: "claude-sonnet-5-5",
  fallbackModels: [],
  thinking: "auto",
  maxContextMessages: 50,
  compactAt: 80,
  maxRunCostUsd: 5,
  maxSessionCostUsd: Number.POSITIVE_INFINITY,
  maxDayCostUsd: Number.POSITIVE_INFINITY,
  approval: ["off"],
  sandbox: "auto",
  hidden: [],
  bashEnv: [],
  bashTimeoutSeconds: 30,
  mcp: false,
  logDays: 0,
  metrics: false,
  openClaw: false,
} as const satisfies SettingValues;

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

/** A setting as it was found: its text, and the name of its source. */
export interface FoundSetting {
  text: string;
  /** The name under which an error speaks of it. */
  name: string;
  /** `flag`, `environment`, or the path of a file. */
  from: string;
}

/** The settings that are set, before their defaults, and everything that is wrong with them. */
export interface FoundSettings {
  found: Partial<Record<SettingKey, FoundSetting>>;
  problems: ConfigProblem[];
  warnings: string[];
}

/** Finds each setting in the source that wins, and all names that are no settings. */
export function findSettings(sources: Sources): FoundSettings {
  const { configFile, config, userEnv, localEnv, env, flags, bad } = sources;
  const problems: ConfigProblem[] = bad.map(({ file, message }) => ({ name: file, message }));
  const warnings: string[] = [];
  const found: FoundSettings["found"] = {};
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(settings, key)) {
      const closest = keyNamed(key) ?? closestName(key, settingKeys);
      const hint = closest === undefined ? "config show lists all settings." : `Did you mean ${closest}?`;
      problems.push({ name: key, message: `in ${configFile} is not a setting. ${hint}` });
      continue;
    }
    const text = toText(value);
    if (text !== undefined)
      found[key as SettingKey] = { text, name: `${key} in ${configFile}`, from: configFile };
    else
      problems.push({
        name: `${key} in ${configFile}`,
        message: "must be a text, a number, true, false, or a list of texts.",
      });
  }
  for (const { file, values } of [userEnv, localEnv, { file: "environment", values: env }]) {
    const { own, foreign } = findMisspelled(values);
    for (const { name, closest } of own)
      problems.push({
        name,
        message: `is not a setting. Did you mean ${closest}? --help lists all settings.`,
      });
    const where = file === "environment" ? "" : ` in ${file}`;
    for (const { name, closest } of foreign)
      warnings.push(`\`${name}\`${where} is not a setting, and is ignored. Did you mean ${closest}?`);
    if (where !== "")
      for (const name of environmentNames.filter((one) => values[one]))
        warnings.push(`\`${name}\`${where} is ignored. Put it into the environment.`);
    for (const key of settingKeys) {
      const { env: name, isGuarded }: Setting<unknown> = settings[key];
      const text = values[name]?.trim();
      if (text === undefined || text === "") continue;
      if (isGuarded && file === localEnv.file) {
        warnings.push(
          `\`${name}\` in ${file} is ignored, because a workspace may be somebody else's. ` +
            `Put it into ${userEnv.file} or into the environment.`,
        );
        continue;
      }
      found[key] = { text, name: file === "environment" ? name : `${name} in ${file}`, from: file };
    }
  }
  for (const [key, text] of Object.entries(flags))
    found[key as SettingKey] = { text, name: flagOf(key as SettingKey) ?? key, from: "flag" };
  return { found, problems, warnings };
}

/**
 * Resolves the settings of all sources. An empty variable counts as absent.
 *
 * @throws ConfigError with all bad and misspelled settings
 */
export function resolveConfig(sources: Sources): MiniOpenClawConfig {
  const { found, problems, warnings } = findSettings(sources);
  const values: Record<string, unknown> = {};
  for (const key of settingKeys) {
    const one = found[key];
    if (!one) continue;
    const setting: Setting<unknown> = settings[key];
    const value = setting.kind.parse(one.text, sources.cwd);
    if (value instanceof Refusal)
      problems.push({
        name: one.name,
        message: `must be ${value.expected}, got ${quote(setting, one.text)}.`,
      });
    else values[key] = value;
  }
  const set = values as SettingValues;
  const schedule = scheduleOf(set, problems);
  const server = serverOf(set, problems);
  if (problems.length > 0) throw new ConfigError(problems);

  const [token, ...extraTokens] = [
    ...(set.token === undefined ? [] : [set.token]),
    ...(set.extraTokens ?? []),
  ];
  const workspace = set.workspace ?? sources.cwd;
  const dataDir = set.dataDir ?? join(workspace, ".mini-openclaw");
  const {
    compactAt,
    provider: _provider,
    everyMinutes: _everyMinutes,
    instruction: _instruction,
    anthropicApiKey: _anthropicApiKey,
    anthropicBaseUrl: _anthropicBaseUrl,
    openaiApiKey: _openaiApiKey,
    openaiBaseUrl: _openaiBaseUrl,
    ...plain
  } = { ...defaults, ...set, ...(token !== undefined && { token }), extraTokens, workspace, dataDir };
  return {
    ...plain,
    server,
    sessionsDir: join(dataDir, "sessions"),
    memoryDir: join(dataDir, "memory"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    compactAtShare: compactAt / 100 || undefined,
    schedule,
    configFile: sources.configFile,
    scheduleFile: join(dirname(sources.configFile), "schedules.json"),
    scheduleSessions: join(dataDir, "schedule.json"),
    warnings,
  };
}

/** Returns the server that the settings name. Without a key and an address it is the demo. */
function serverOf(set: SettingValues, problems: ConfigProblem[]): ModelServer {
  const { anthropicApiKey, anthropicBaseUrl, openaiApiKey, openaiBaseUrl, provider = "auto" } = set;
  const api = provider === "auto" ? detectApi(set) : provider;
  if (api === "demo") return { api, apiKey: undefined, baseURL: undefined };
  if (api === "anthropic") {
    if (!anthropicApiKey && !anthropicBaseUrl)
      problems.push({
        name: "ANTHROPIC_API_KEY",
        message: "must be set, because the provider is anthropic.",
      });
    return { api, apiKey: anthropicApiKey, baseURL: anthropicBaseUrl };
  }
  const needed = api === "openai" ? openaiApiKey : (openaiBaseUrl ?? openaiApiKey);
  if (!needed) {
    const name = api === "openai" ? "OPENAI_API_KEY" : "OPENAI_BASE_URL";
    problems.push({ name, message: `must be set, because the provider is ${api}.` });
  }
  if (set.model === undefined)
    problems.push({
      name: "MINI_OPENCLAW_MODEL",
      message: `must name a model of the server, because the provider is ${api}.`,
    });
  return { api, apiKey: openaiApiKey, baseURL: openaiBaseUrl };
}

function detectApi(set: SettingValues): ModelServer["api"] {
  if (set.anthropicApiKey ?? set.anthropicBaseUrl) return "anthropic";
  // A key of OpenAI may be there for another program. With a model, it is meant for this one.
  if (set.openaiBaseUrl) return "openai-compatible";
  return set.openaiApiKey && set.model ? "openai" : "demo";
}

function scheduleOf(
  { everyMinutes, instruction }: SettingValues,
  problems: ConfigProblem[],
): MiniOpenClawConfig["schedule"] {
  if (everyMinutes !== undefined && instruction !== undefined) return { everyMinutes, instruction };
  if (everyMinutes === undefined && instruction === undefined) return undefined;
  const name = everyMinutes === undefined ? "MINI_OPENCLAW_EVERY_MINUTES" : "MINI_OPENCLAW_INSTRUCTION";
  if (!problems.some((problem) => problem.name === name)) {
    problems.push({ name, message: "must be set too. A schedule needs an interval and an instruction." });
  }
  return undefined;
}

/** Returns a value of `config.json` as the text of a variable. */
function toText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(",");
  return undefined;
}

/** Returns a value for an error text. A secret is never repeated. */
export function quote({ isSecret }: Setting<unknown>, text: string): string {
  if (isSecret) return `${Buffer.byteLength(text)} bytes`;
  return JSON.stringify(text.length > 80 ? `${cutText(text, 80)}…` : text);
}
