import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../src/config.ts";

let workspace = "";
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(workspace, { recursive: true }));

// row 30.k
test("without variables everything has its documented default", () => {
  expect(loadConfig({}, workspace)).toEqual({
    port: 3210,
    host: "127.0.0.1",
    token: undefined,
    workspace,
    dataDir: join(workspace, ".mini-openclaw"),
    sessionsDir: join(workspace, ".mini-openclaw", "sessions"),
    memoryDir: join(workspace, ".mini-openclaw", "memory"),
    skillsDir: join(workspace, ".openclaw", "skills"),
    model: "claude-sonnet-5-5",
    logLevel: undefined,
    metrics: false,
    maxContextMessages: 50,
    compactAtShare: 0.8,
    maxRunCostUsd: 5,
    maxSessionCostUsd: Infinity,
    maxDayCostUsd: Infinity,
    logDays: 0,
    apiKey: undefined,
    baseURL: undefined,
    schedule: undefined,
    sandbox: "auto",
    bashEnv: [],
  });
});

test("every variable is taken, trimmed, and relative paths start where the command was given", () => {
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
      MINI_OPENCLAW_MAX_CONTEXT: "7",
      MINI_OPENCLAW_COMPACT_AT: "0",
      MINI_OPENCLAW_MAX_RUN_COST: "2.50",
      MINI_OPENCLAW_MAX_SESSION_COST: "20",
      MINI_OPENCLAW_MAX_DAY_COST: "0.75",
      MINI_OPENCLAW_LOG_DAYS: "3",
      MINI_OPENCLAW_SANDBOX: "required",
      MINI_OPENCLAW_BASH_ENV: "SSH_AUTH_SOCK, EDITOR",
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
    maxContextMessages: 7,
    compactAtShare: undefined,
    maxRunCostUsd: 2.5,
    maxSessionCostUsd: 20,
    maxDayCostUsd: 0.75,
    logDays: 3,
    sandbox: "required",
    bashEnv: ["SSH_AUTH_SOCK", "EDITOR"],
    apiKey: "key",
    baseURL: "http://127.0.0.1:11434",
  });
});

test("a schedule is an interval and an instruction", () => {
  const everyMinutes = { MINI_OPENCLAW_EVERY_MINUTES: "30" };
  const instruction = { MINI_OPENCLAW_INSTRUCTION: "Tidy up." };

  expect(loadConfig({ ...everyMinutes, ...instruction }, workspace).schedule).toEqual({
    everyMinutes: 30,
    instruction: "Tidy up.",
  });
  expect(catchError(() => loadConfig(everyMinutes, workspace)).message).toBe(
    "MINI_OPENCLAW_INSTRUCTION: must be set too: a schedule needs an interval and an instruction",
  );
  expect(catchError(() => loadConfig(instruction, workspace)).message).toBe(
    "MINI_OPENCLAW_EVERY_MINUTES: must be set too: a schedule needs an interval and an instruction",
  );
});

test("an empty variable counts as absent", () => {
  expect(loadConfig({ MINI_OPENCLAW_PORT: "", ANTHROPIC_API_KEY: "  " }, workspace)).toEqual(
    loadConfig({}, workspace),
  );
});

// Mistake 10: a bad port must not become a random one.
test.each([
  ["MINI_OPENCLAW_PORT", "abc", 'must be a whole number from 0 to 65535, not "abc"'],
  ["MINI_OPENCLAW_LOG_LEVEL", "loud", 'must be one of error, warn, info, debug, not "loud"'],
  ["MINI_OPENCLAW_METRICS", "yes", 'must be on or off, not "yes"'],
  ["MINI_OPENCLAW_PORT", "3210x", 'must be a whole number from 0 to 65535, not "3210x"'],
  ["MINI_OPENCLAW_PORT", "-1", 'must be a whole number from 0 to 65535, not "-1"'],
  ["MINI_OPENCLAW_PORT", "65536", 'must be a whole number from 0 to 65535, not "65536"'],
  ["MINI_OPENCLAW_PORT", "1e3", 'must be a whole number from 0 to 65535, not "1e3"'],
  [
    "MINI_OPENCLAW_HOST",
    "http://localhost",
    "must be a host name or an IP address, without a port or scheme",
  ],
  [
    "MINI_OPENCLAW_TOKEN",
    "short",
    "must be at least 32 bytes (try: openssl rand -hex 32), not the 5 bytes given",
  ],
  ["MINI_OPENCLAW_WORKSPACE", "/no/such/place", 'must be a directory that exists, not "/no/such/place"'],
  ["MINI_OPENCLAW_MODEL", "two words", "must be a model's name"],
  ["MINI_OPENCLAW_EVERY_MINUTES", "0", 'must be a whole number from 1 to 10080, not "0"'],
  ["MINI_OPENCLAW_BASH_ENV", "A,b-c", 'must be names of variables with commas between them, not "A,b-c"'],
  ["MINI_OPENCLAW_SANDBOX", "on", 'must be off, auto, required, not "on"'],
  ["MINI_OPENCLAW_COMPACT_AT", "101", 'must be a whole number from 0 to 100, not "101"'],
  ["MINI_OPENCLAW_MAX_RUN_COST", "1e3", 'must be an amount of US dollars, such as 2.50, not "1e3"'],
  ["MINI_OPENCLAW_MAX_SESSION_COST", "-1", 'must be an amount of US dollars, such as 2.50, not "-1"'],
  ["MINI_OPENCLAW_MAX_DAY_COST", "$5", 'must be an amount of US dollars, such as 2.50, not "$5"'],
  ["MINI_OPENCLAW_LOG_DAYS", "-1", 'must be a whole number from 0 to 30, not "-1"'],
  ["MINI_OPENCLAW_MAX_CONTEXT", "0", 'must be a whole number from 1 to 10000, not "0"'],
  ["ANTHROPIC_BASE_URL", "ftp://x", 'must be an http:// or https:// address, not "ftp://x"'],
])("%s=%s is refused by name, with what it may be", (name, value, message) => {
  const refused = catchError(() => loadConfig({ [name]: value }, workspace));

  expect(refused.problems).toEqual([{ name, message: expect.stringContaining(message) }]);
  expect(refused.message).toContain(`${name}: `);
});

test("all bad values are told at once, and no secret is repeated", () => {
  const refused = catchError(() =>
    loadConfig({ MINI_OPENCLAW_PORT: "x", MINI_OPENCLAW_TOKEN: "hunter2" }, workspace),
  );

  expect(refused.problems.map(({ name }) => name)).toEqual(["MINI_OPENCLAW_PORT", "MINI_OPENCLAW_TOKEN"]);
  expect(refused.message).not.toContain("hunter2");
});

function catchError(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("it was not refused");
}
