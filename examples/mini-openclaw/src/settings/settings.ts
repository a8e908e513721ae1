import { closestName } from "@mini-openclaw/protocol/shared";

/** All settings: the default and a description, in the order of the help text. */
export const settings = {
  MINI_OPENCLAW_PORT: ["3210", "0 to 65535. 0 uses any free port."],
  MINI_OPENCLAW_HOST: ["127.0.0.1", "The address to listen on. Other than loopback needs a token."],
  MINI_OPENCLAW_TOKEN: ["none", "At least 32 bytes. The page asks for it."],
  MINI_OPENCLAW_ALLOWED_HOSTS: [
    "none",
    "Names of this server behind a proxy or tunnel, such as claw.example.com, separated by commas.",
  ],
  MINI_OPENCLAW_WORKSPACE: ["current directory", "The directory that the tools work in."],
  MINI_OPENCLAW_DATA_DIR: ["<workspace>/.mini-openclaw", "Sessions and memory."],
  MINI_OPENCLAW_MODEL: ["claude-sonnet-5-5", "The name of the model."],
  MINI_OPENCLAW_MAX_TOKENS: ["the model's limit", "The most tokens of one answer, with its thinking."],
  MINI_OPENCLAW_MAX_CONTEXT: ["50", "The number of messages that the model gets."],
  MINI_OPENCLAW_COMPACT_AT: [
    "80",
    "The percentage of these at which the model summarizes earlier messages. 0 turns this off.",
  ],
  MINI_OPENCLAW_MAX_RUN_COST: ["5", "US dollars at which a run stops, if the model's price is known."],
  MINI_OPENCLAW_MAX_SESSION_COST: ["none", "US dollars at which the runs of a session stop."],
  MINI_OPENCLAW_MAX_DAY_COST: ["none", "US dollars at which all runs of a day (UTC) stop."],
  MINI_OPENCLAW_APPROVAL: [
    "off",
    "bash: ask before each command. write: ask before commands and changes of files.",
  ],
  MINI_OPENCLAW_SANDBOX: [
    "auto",
    "auto: bash runs in bubblewrap if possible. required: do not start without it. off: no sandbox.",
  ],
  MINI_OPENCLAW_BASH_ENV: [
    "none",
    "Names of variables that commands get too, such as SSH_AUTH_SOCK, separated by commas.",
  ],
  MINI_OPENCLAW_BASH_TIMEOUT: ["30", "The seconds of a command for which the model names no limit."],
  MINI_OPENCLAW_MCP: ["off", "on: start the MCP servers of the workspace's .mcp.json."],
  MINI_OPENCLAW_LOG_DAYS: [
    "0",
    "1 to 30: add a summary of each idle session to a daily log, and show the model so many days of it.",
  ],
  MINI_OPENCLAW_EVERY_MINUTES: ["none", "The interval of the schedule, 1 to 10080."],
  MINI_OPENCLAW_INSTRUCTION: ["none", "The instruction that the schedule runs in its own session."],
  MINI_OPENCLAW_LOG_LEVEL: ["none", "error, warn, info or debug: JSON log lines on standard error."],
  MINI_OPENCLAW_METRICS: ["off", "on: GET /metrics for Prometheus."],
  ANTHROPIC_API_KEY: ["none", "The key of the model's server. Without it a scripted demo answers."],
  ANTHROPIC_BASE_URL: ["https://api.anthropic.com", "Any server with the Messages API."],
} as const satisfies Record<string, readonly [fallback: string, description: string]>;

/** The name of a setting. */
export type SettingName = keyof typeof settings;

/** Returns the text of `--help`. */
export function helpText(): string {
  const rows = Object.entries(settings).map(
    ([name, [fallback, description]]) => `  ${name.padEnd(31)} ${description} Default: ${fallback}.`,
  );
  return [
    "Mini OpenClaw: an agent with a chat page.",
    "",
    "Usage: npm start, or node examples/mini-openclaw/dist/main.js",
    "",
    "Settings are environment variables:",
    ...rows,
    "  HTTP_PROXY, HTTPS_PROXY, NO_PROXY  The proxy to the model's server.",
    "",
  ].join("\n");
}

/**
 * Finds the variables that look like settings but are none, with the closest setting of each.
 * Values are never read, because they may be secret.
 */
export function findMisspelled(names: readonly string[]): { name: string; closest: SettingName }[] {
  const known = Object.keys(settings) as SettingName[];
  return names.flatMap((name) => {
    if (Object.hasOwn(settings, name)) return [];
    const isOurs = plain(name).startsWith("MINIOPENCLAW");
    const found = closestName(plain(name), known.map(plain), isOurs ? Number.POSITIVE_INFINITY : 1);
    const closest = known.find((one) => plain(one) === found);
    return closest === undefined ? [] : [{ name, closest }];
  });
}

function plain(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z]/g, "");
}
