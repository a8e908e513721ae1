import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError, type MiniOpenClawConfig, resolveConfig } from "../src/settings/config.ts";
import { settingKeys, settings } from "../src/settings/settings.ts";
import { settingsHelp } from "../src/settings/settings-help.ts";
import { configFileOf, readSources, type Sources } from "../src/settings/sources.ts";

let workspace = "";
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(workspace, { recursive: true }));

test("has its documented defaults without variables", () => {
  expect(loadConfig({}, workspace)).toEqual({
    port: 3210,
    host: "127.0.0.1",
    workspace,
    dataDir: join(workspace, ".mini-openclaw"),
    sessionsDir: join(workspace, ".mini-openclaw", "sessions"),
    memoryDir: join(workspace, ".mini-openclaw", "memory"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    model: "claude-sonnet-5-5",
    metrics: false,
    openClaw: false,
    maxContextMessages: 50,
    compactAtShare: 0.8,
    maxRunCostUsd: 5,
    maxSessionCostUsd: Infinity,
    maxDayCostUsd: Infinity,
    logDays: 0,
    server: { api: "demo", apiKey: undefined, baseURL: undefined },
    schedule: undefined,
    configFile: join(workspace, ".config", "mini-openclaw", "config.json"),
    scheduleFile: join(workspace, ".config", "mini-openclaw", "schedules.json"),
    scheduleSessions: join(workspace, ".mini-openclaw", "schedule.json"),
    warnings: [],
    fallbackModels: [],
    thinking: "auto",
    hidden: [],
    sandbox: "auto",
    allowedHosts: [],
    allowedOrigins: [],
    extraTokens: [],
    bashEnv: [],
    mcp: false,
    approval: ["off"],
    bashTimeoutSeconds: 30,
  });
});

test("reads and trims every variable, and resolves relative paths", () => {
  const token = "0123456789abcdef0123456789abcdef";
  const config = loadConfig(
    {
      MINI_OPENCLAW_PORT: " 0 ",
      MINI_OPENCLAW_HOST: "::1",
      MINI_OPENCLAW_TOKEN: token,
      MINI_OPENCLAW_WORKSPACE: ".",
      MINI_OPENCLAW_DATA_DIR: "data",
      MINI_OPENCLAW_MODEL: "qwen3:8b",
      MINI_OPENCLAW_LOG_LEVEL: "debug",
      MINI_OPENCLAW_METRICS: "on",
      MINI_OPENCLAW_OPENCLAW: "on",
      MINI_OPENCLAW_MAX_CONTEXT: "7",
      MINI_OPENCLAW_COMPACT_AT: "0",
      MINI_OPENCLAW_MAX_RUN_COST: "2.50",
      MINI_OPENCLAW_MAX_SESSION_COST: "20",
      MINI_OPENCLAW_MAX_DAY_COST: "0.75",
      MINI_OPENCLAW_LOG_DAYS: "3",
      MINI_OPENCLAW_SANDBOX: "required",
      MINI_OPENCLAW_MCP: "on",
      MINI_OPENCLAW_BASH_ENV: "SSH_AUTH_SOCK, EDITOR",
      MINI_OPENCLAW_ALLOWED_HOSTS: "Claw.example.com, claw.lan:8443",
      MINI_OPENCLAW_MAX_TOKENS: "32000",
      MINI_OPENCLAW_APPROVAL: "bash",
      MINI_OPENCLAW_BASH_TIMEOUT: "600",
      ANTHROPIC_API_KEY: "key",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:11434",
    },
    workspace,
  );

  expect(config).toMatchObject({
    port: 0,
    host: "::1",
    token,
    workspace,
    sessionsDir: join(workspace, "data", "sessions"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    model: "qwen3:8b",
    logLevel: "debug",
    metrics: true,
    openClaw: true,
    maxContextMessages: 7,
    compactAtShare: undefined,
    maxRunCostUsd: 2.5,
    maxSessionCostUsd: 20,
    maxDayCostUsd: 0.75,
    logDays: 3,
    sandbox: "required",
    bashEnv: ["SSH_AUTH_SOCK", "EDITOR"],
    mcp: true,
    allowedHosts: ["claw.example.com", "claw.lan:8443"],
    maxTokens: 32_000,
    approval: ["bash"],
    bashTimeoutSeconds: 600,
    server: { api: "anthropic", apiKey: "key", baseURL: "http://127.0.0.1:11434" },
  });
});

test("needs an interval and an instruction for a schedule", () => {
  const everyMinutes = { MINI_OPENCLAW_EVERY_MINUTES: "30" };
  const instruction = { MINI_OPENCLAW_INSTRUCTION: "Tidy up." };

  expect(loadConfig({ ...everyMinutes, ...instruction }, workspace).schedule).toEqual({
    everyMinutes: 30,
    instruction: "Tidy up.",
  });
  expect(catchError(() => loadConfig(everyMinutes, workspace)).message).toBe(
    "`MINI_OPENCLAW_INSTRUCTION` must be set too. A schedule needs an interval and an instruction.",
  );
  expect(catchError(() => loadConfig(instruction, workspace)).message).toBe(
    "`MINI_OPENCLAW_EVERY_MINUTES` must be set too. A schedule needs an interval and an instruction.",
  );
});

test("treats an empty variable as absent", () => {
  expect(loadConfig({ MINI_OPENCLAW_PORT: "", ANTHROPIC_API_KEY: "  " }, workspace)).toEqual(
    loadConfig({}, workspace),
  );
});

// A bad port must not become a random one.
test.each([
  ["MINI_OPENCLAW_PORT", "abc", 'must be an integer from 0 to 65535, got "abc"'],
  ["MINI_OPENCLAW_LOG_LEVEL", "loud", 'must be error, warn, info or debug, got "loud"'],
  ["MINI_OPENCLAW_METRICS", "yes", 'must be on or off, got "yes"'],
  ["MINI_OPENCLAW_PORT", "3210x", 'must be an integer from 0 to 65535, got "3210x"'],
  ["MINI_OPENCLAW_PORT", "-1", 'must be an integer from 0 to 65535, got "-1"'],
  ["MINI_OPENCLAW_PORT", "65536", 'must be an integer from 0 to 65535, got "65536"'],
  ["MINI_OPENCLAW_PORT", "1e3", 'must be an integer from 0 to 65535, got "1e3"'],
  [
    "MINI_OPENCLAW_HOST",
    "http://localhost",
    "must be a host name or an IP address, without a port or scheme",
  ],
  ["MINI_OPENCLAW_TOKEN", "short", "must be at least 32 bytes (try: openssl rand -hex 32), got 5 bytes."],
  ["MINI_OPENCLAW_WORKSPACE", "/no/such/place", 'must be a directory that exists, got "/no/such/place"'],
  ["MINI_OPENCLAW_MODEL", "two words", "must be a model's name"],
  ["MINI_OPENCLAW_EVERY_MINUTES", "0", 'must be an integer from 1 to 10080, got "0"'],
  ["MINI_OPENCLAW_SANDBOX", "on", 'must be off, auto or required, got "on"'],
  ["MINI_OPENCLAW_COMPACT_AT", "101", 'must be an integer from 0 to 100, got "101"'],
  ["MINI_OPENCLAW_MAX_RUN_COST", "1e3", 'must be an amount of US dollars, such as 2.50, got "1e3"'],
  ["MINI_OPENCLAW_MAX_SESSION_COST", "-1", 'must be an amount of US dollars, such as 2.50, got "-1"'],
  ["MINI_OPENCLAW_MAX_DAY_COST", "$5", 'must be an amount of US dollars, such as 2.50, got "$5"'],
  ["MINI_OPENCLAW_LOG_DAYS", "-1", 'must be an integer from 0 to 30, got "-1"'],
  ["MINI_OPENCLAW_MAX_CONTEXT", "0", 'must be an integer from 1 to 10000, got "0"'],
  ["MINI_OPENCLAW_ALLOWED_HOSTS", "https://claw.example.com", "must be host names separated by commas"],
  ["MINI_OPENCLAW_MAX_TOKENS", "0", 'must be an integer from 1 to 1000000, got "0"'],
  ["MINI_OPENCLAW_BASH_ENV", "A,b-c", 'must be names of variables separated by commas, got "A,b-c"'],
  [
    "MINI_OPENCLAW_APPROVAL",
    "yes",
    'must be off, risky, bash, write, all, or names of tools separated by commas, got "yes"',
  ],
  ["MINI_OPENCLAW_BASH_TIMEOUT", "5m", 'must be an integer from 1 to 86400, got "5m"'],
  ["ANTHROPIC_API_KEY", "sk-…", "must be a key of printable ASCII characters without blanks, got 6 bytes."],
  ["OPENAI_API_KEY", "“sk-1”", "must be a key of printable ASCII characters without blanks, got 10 bytes."],
  ["ANTHROPIC_BASE_URL", "ftp://x", 'must be an http:// or https:// address, got "ftp://x"'],
])("refuses %s=%s and names the allowed values", (name, value, message) => {
  const refused = catchError(() => loadConfig({ [name]: value }, workspace));

  expect(refused.problems).toEqual([{ name, message: expect.stringContaining(message) }]);
  expect(refused.message).toContain(`\`${name}\` must be `);
});

test("reports all bad values at once, without secrets", () => {
  const refused = catchError(() =>
    loadConfig({ MINI_OPENCLAW_PORT: "x", MINI_OPENCLAW_TOKEN: "hunter2" }, workspace),
  );

  expect(refused.problems.map(({ name }) => name)).toEqual(["MINI_OPENCLAW_PORT", "MINI_OPENCLAW_TOKEN"]);
  expect(refused.message).not.toContain("hunter2");
});

test.each([
  ["MINI_OPENCLAW_PROT", "MINI_OPENCLAW_PORT"],
  ["MINI_OPENCLAW_HSOT", "MINI_OPENCLAW_HOST"],
  ["MINI_OPEN_CLAW_TOKEN", "MINI_OPENCLAW_TOKEN"],
  ["MINIOPENCLAW_MODEL", "MINI_OPENCLAW_MODEL"],
  ["mini_openclaw_port", "MINI_OPENCLAW_PORT"],
  ["MINI_OPENCLAW_WORKSPACES", "MINI_OPENCLAW_WORKSPACE"],
])("names the misspelled %s and suggests %s, without its value", (name, closest) => {
  const refused = catchError(() => loadConfig({ [name]: "secret-value" }, workspace));

  expect(refused.message).toBe(
    `\`${name}\` is not a setting. Did you mean ${closest}? --help lists all settings.`,
  );
});

test.each([
  ["ANTHROPIC_API_KYE", "ANTHROPIC_API_KEY"],
  ["ANTHROPIC_BASEURL", "ANTHROPIC_BASE_URL"],
  ["OPENAI_API_KEYS", "OPENAI_API_KEY"],
  ["OPENAI_API_KEY_2", "OPENAI_API_KEY"],
])("starts with %s, which another program may use, and suggests %s", (name, closest) => {
  expect(loadConfig({ [name]: "secret-value" }, workspace).warnings).toEqual([
    `\`${name}\` is not a setting, and is ignored. Did you mean ${closest}?`,
  ]);
  expect(
    loadConfig({ [name]: "secret-value", [closest]: "http://right.example" }, workspace).warnings,
  ).toEqual([]);
});

const passphrase = "correct horse battery staple and more";

test.each([
  [
    "MINI_OPENCLAW_TOKEN",
    passphrase,
    /^`MINI_OPENCLAW_TOKEN` must be visible ASCII characters without blanks/,
  ],
  ["MINI_OPENCLAW_TOKEN", "密码".repeat(6), /^`MINI_OPENCLAW_TOKEN` must be visible ASCII/],
  ["MINI_OPENCLAW_EXTRA_TOKENS", passphrase, /^`MINI_OPENCLAW_EXTRA_TOKENS` must be tokens of visible ASCII/],
  ["MINI_OPENCLAW_PUBLIC_URL", "https://a.example/?b", /without a user, a query or a fragment, got/],
  ["MINI_OPENCLAW_PUBLIC_URL", "https://a.example/#b", /without a user, a query or a fragment, got/],
  ["MINI_OPENCLAW_PUBLIC_URL", "https://me:pw@a.example/", /without a user, a query or a fragment, got/],
  ["MINI_OPENCLAW_PUBLIC_URL", "https://a.example/b c", /without a user, a query or a fragment, got/],
])("refuses %s=%s, which no client could use, by its name", (name, value, message) => {
  const refused = catchError(() => loadConfig({ [name]: value }, workspace));

  expect(refused.message).toMatch(message);
  expect(refused.message).not.toContain("correct");
});

test("reads ~ as the home in every path, also behind a comma", () => {
  const config = loadConfig(
    { MINI_OPENCLAW_DATA_DIR: "~/data", MINI_OPENCLAW_HIDDEN: "~/.ssh, ~,~other,folder" },
    workspace,
  );

  expect(config.dataDir).toBe(join(homedir(), "data"));
  expect(config.hidden).toEqual([
    join(homedir(), ".ssh"),
    homedir(),
    join(workspace, "~other"),
    join(workspace, "folder"),
  ]);
  expect(configFileOf({ MINI_OPENCLAW_CONFIG: "~/claw.json" }, workspace)).toBe(join(homedir(), "claw.json"));
});

test("ignores variables of other programs", () => {
  const env = {
    PATH: "/bin",
    PORT: "80",
    ANTHROPIC_AUTH_TOKEN: "t",
    ANTHROPIC_MODEL: "m",
    OPENCLAW_HOME: "/x",
  };

  expect(loadConfig(env, workspace)).toEqual(loadConfig({}, workspace));
});

test("the help text has every setting", () => {
  for (const key of settingKeys) expect(settingsHelp()).toContain(` ${settings[key].env} `);
});

/** Loads the settings of a user whose home is the workspace. */
function loadConfig(env: Sources["env"], cwd: string, flags: Sources["flags"] = {}): MiniOpenClawConfig {
  return resolveConfig(readSources(flags, { HOME: cwd, ...env }, cwd));
}

function catchError(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("The settings were not refused.");
}
