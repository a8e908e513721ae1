import {
  amount,
  apiKey,
  directories,
  directory,
  integer,
  list,
  oneOf,
  onOrOff,
  pageAddress,
  text,
  timeZone,
  token,
  tokens,
  webAddress,
} from "./kinds.ts";
import { type Setting, setting } from "./setting.ts";

export type { Setting } from "./setting.ts";

const guarded = { isGuarded: true } as const;
const secret = { isSecret: true } as const;

const approvalWord =
  /^(?:off|risky|write|all|bash(?:_output|_stop)?|(?:read|write|edit)_file|list_files|grep|glob|remember|todo|task|mcp__\S+)$/;

/** The efforts of models, from the least to the most. */
export const efforts = ["low", "medium", "high", "xhigh", "max"] as const;

const modelName = /^[\w.:/@-]+$/;

/** All settings, in the order of the help. The keys are those of `config.json`. */
export const settings = {
  port: setting("MINI_OPENCLAW_PORT", integer(0, 65_535), "3210", "0 to 65535. 0 uses any free port."),
  host: setting(
    "MINI_OPENCLAW_HOST",
    text(/^[\w.:-]+$/, "a host name or an IP address, without a port or scheme"),
    "127.0.0.1",
    "The address to listen on. Other than loopback needs a token.",
    guarded,
  ),
  token: setting("MINI_OPENCLAW_TOKEN", token, "none", "At least 32 bytes. The page asks for it.", {
    isGuarded: true,
    isSecret: true,
  }),
  extraTokens: setting(
    "MINI_OPENCLAW_EXTRA_TOKENS",
    tokens,
    "none",
    "Further tokens, separated by commas: one for each device, or the next one before you replace it.",
    { isGuarded: true, isSecret: true },
  ),
  publicUrl: setting(
    "MINI_OPENCLAW_PUBLIC_URL",
    pageAddress,
    "none",
    "The address behind a proxy, such as https://claw.example.com/claw/. Its name and its pages are " +
      "allowed, and its path may begin every request.",
    guarded,
  ),
  allowedHosts: setting(
    "MINI_OPENCLAW_ALLOWED_HOSTS",
    list(/^[\w.-]+(?::\d+)?$/, "host names separated by commas, without a scheme, such as claw.example.com", {
      isLowerCase: true,
    }),
    "none",
    "Names of this server behind a proxy or tunnel, such as claw.example.com, separated by commas.",
    guarded,
  ),
  allowedOrigins: setting(
    "MINI_OPENCLAW_ALLOWED_ORIGINS",
    list(
      /^https?:\/\/(?:\*\.)?[\w.-]+(?::\d+)?$/,
      "origins separated by commas, such as https://chat.example.com",
      { isLowerCase: true },
    ),
    "none",
    "Other pages that may use this server, such as https://chat.example.com, separated by commas.",
    guarded,
  ),
  workspace: setting(
    "MINI_OPENCLAW_WORKSPACE",
    directory({ exists: true }),
    "current directory",
    "The directory that the tools work in.",
    guarded,
  ),
  dataDir: setting(
    "MINI_OPENCLAW_DATA_DIR",
    directory({ exists: false }),
    "<workspace>/.mini-openclaw",
    "Sessions and memory.",
    guarded,
  ),
  provider: setting(
    "MINI_OPENCLAW_PROVIDER",
    oneOf(["auto", "anthropic", "openai", "openai-compatible", "demo"]),
    "auto",
    "The API of the model's server: anthropic, openai (Responses), openai-compatible (Chat " +
      "Completions), or demo. auto: the one whose key or address is set.",
    guarded,
  ),
  model: setting(
    "MINI_OPENCLAW_MODEL",
    text(modelName, "a model's name, such as claude-sonnet-5-5"),
    "claude-sonnet-5-5",
    "The name of the model.",
  ),
  fallbackModels: setting(
    "MINI_OPENCLAW_FALLBACK_MODELS",
    list(modelName, "names of models separated by commas"),
    "none",
    "Models of the same server to use when the first one cannot answer, separated by commas.",
  ),
  effort: setting(
    "MINI_OPENCLAW_EFFORT",
    oneOf(efforts),
    "the server's",
    "The effort of the model: low, medium, high, xhigh or max.",
  ),
  thinking: setting(
    "MINI_OPENCLAW_THINKING",
    oneOf(["auto", "off"]),
    "auto",
    "off: ask the model not to think. Only with the Messages API.",
  ),
  maxTokens: setting(
    "MINI_OPENCLAW_MAX_TOKENS",
    integer(1, 1_000_000),
    "the model's limit",
    "The most tokens of one answer, with its thinking.",
  ),
  maxToolRounds: setting(
    "MINI_OPENCLAW_MAX_ROUNDS",
    integer(1, 10_000),
    "10",
    "The most turns of a run that call tools.",
  ),
  maxContextMessages: setting(
    "MINI_OPENCLAW_MAX_CONTEXT",
    integer(1, 10_000),
    "50",
    "The number of messages that the model gets.",
  ),
  maxContextTokens: setting(
    "MINI_OPENCLAW_CONTEXT_TOKENS",
    integer(1000, 10_000_000),
    "150000",
    "The most tokens of these messages.",
  ),
  compactAt: setting(
    "MINI_OPENCLAW_COMPACT_AT",
    integer(0, 100),
    "80",
    "The percentage of these at which the model summarizes earlier messages. 0 turns this off.",
  ),
  maxRunCostUsd: setting(
    "MINI_OPENCLAW_MAX_RUN_COST",
    amount,
    "5",
    "US dollars at which a run stops, if the model's price is known.",
  ),
  maxSessionCostUsd: setting(
    "MINI_OPENCLAW_MAX_SESSION_COST",
    amount,
    "none",
    "US dollars at which the runs of a session stop.",
  ),
  maxDayCostUsd: setting(
    "MINI_OPENCLAW_MAX_DAY_COST",
    amount,
    "none",
    "US dollars at which all runs of a day (UTC) stop.",
  ),
  approval: setting(
    "MINI_OPENCLAW_APPROVAL",
    // A misspelled word must not turn questions off.
    list(approvalWord, "off, risky, bash, write, all, or names of tools separated by commas"),
    "off",
    "risky: ask before commands that no sandbox holds. bash: before each command. write: also " +
      "before changes of files. all: before each call. Or names of tools, separated by commas.",
    guarded,
  ),
  sandbox: setting(
    "MINI_OPENCLAW_SANDBOX",
    oneOf(["off", "auto", "required"]),
    "auto",
    "auto: bash runs in bubblewrap if possible. required: do not start without it. off: no sandbox.",
    guarded,
  ),
  hidden: setting(
    "MINI_OPENCLAW_HIDDEN",
    directories,
    "none",
    "Folders that no tool can read, besides the data directory, separated by commas.",
    guarded,
  ),
  bashEnv: setting(
    "MINI_OPENCLAW_BASH_ENV",
    list(/^[A-Za-z_]\w*$/, "names of variables separated by commas"),
    "none",
    "Names of variables that commands get too, such as SSH_AUTH_SOCK, separated by commas.",
    guarded,
  ),
  bashTimeoutSeconds: setting(
    "MINI_OPENCLAW_BASH_TIMEOUT",
    integer(1, 86_400),
    "30",
    "The seconds of a command for which the model names no limit.",
  ),
  mcp: setting(
    "MINI_OPENCLAW_MCP",
    onOrOff,
    "off",
    "on: start the MCP servers of the workspace's .mcp.json.",
    guarded,
  ),
  logDays: setting(
    "MINI_OPENCLAW_LOG_DAYS",
    integer(0, 30),
    "0",
    "1 to 30: add a summary of each idle session to a daily log, and show the model so many days of it.",
  ),
  timeZone: setting(
    "MINI_OPENCLAW_TIME_ZONE",
    timeZone,
    "this machine's",
    "The time zone of the prompt, the daily logs and the schedules, such as Asia/Shanghai.",
  ),
  everyMinutes: setting(
    "MINI_OPENCLAW_EVERY_MINUTES",
    // A week. The timers of Node cannot wait longer than 24 days.
    integer(1, 10_080),
    "none",
    "The interval of the schedule, 1 to 10080.",
  ),
  instruction: setting(
    "MINI_OPENCLAW_INSTRUCTION",
    text(/\S/, "an instruction"),
    "none",
    "The instruction that the schedule runs in its own session.",
  ),
  logLevel: setting(
    "MINI_OPENCLAW_LOG_LEVEL",
    oneOf(["error", "warn", "info", "debug"]),
    "none",
    "error, warn, info or debug: JSON log lines on standard error.",
  ),
  metrics: setting("MINI_OPENCLAW_METRICS", onOrOff, "off", "on: GET /metrics for Prometheus."),
  openClaw: setting("MINI_OPENCLAW_OPENCLAW", onOrOff, "off", "on: OpenClaw's clients connect at /openclaw."),
  anthropicApiKey: setting(
    "ANTHROPIC_API_KEY",
    apiKey,
    "none",
    "The key of the model's server. Without a key or an address a scripted demo answers.",
    secret,
  ),
  anthropicBaseUrl: setting(
    "ANTHROPIC_BASE_URL",
    webAddress,
    "https://api.anthropic.com",
    "Any server with the Messages API.",
    guarded,
  ),
  openaiApiKey: setting("OPENAI_API_KEY", apiKey, "none", "The key of a server with OpenAI's APIs.", secret),
  openaiBaseUrl: setting(
    "OPENAI_BASE_URL",
    webAddress,
    "https://api.openai.com/v1",
    "Any server with Chat Completions, such as http://127.0.0.1:11434/v1 for Ollama.",
    guarded,
  ),
} as const satisfies Record<string, Setting<unknown>>;

/** The key of a setting, as in `config.json`. */
export type SettingKey = keyof typeof settings;

/** The value of each setting that is set. */
export type SettingValues = {
  [Key in SettingKey]?: (typeof settings)[Key] extends Setting<infer Value> ? Value : never;
};

export const settingKeys = Object.keys(settings) as SettingKey[];

/** Returns the flag of a setting, such as `--max-run-cost`. Secrets have none: `ps` shows flags. */
export function flagOf(key: SettingKey): string | undefined {
  const { env, isSecret }: Setting<unknown> = settings[key];
  if (isSecret) return undefined;
  return `--${env
    .replace(/^MINI_OPENCLAW_/, "")
    .toLowerCase()
    .replaceAll("_", "-")}`;
}
