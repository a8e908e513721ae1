import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, type MiniOpenClawConfig, resolveConfig } from "../src/settings/config.ts";
import { readSources, type Sources } from "../src/settings/sources.ts";

let home = "";
let workspace = "";
let configFile = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
  workspace = mkdtempSync(join(tmpdir(), "workspace-"));
  configFile = join(home, ".config", "mini-openclaw", "config.json");
  mkdirSync(dirname(configFile), { recursive: true });
});
afterEach(() => {
  for (const folder of [home, workspace]) rmSync(folder, { recursive: true });
});

const load = (env: Sources["env"] = {}, flags: Sources["flags"] = {}): MiniOpenClawConfig =>
  resolveConfig(readSources(flags, { HOME: home, ...env }, workspace));

test("takes flags before variables, .env of the workspace, .env of the user and config.json", () => {
  const portAfter = (write: () => void, env = {}, flags = {}) => {
    write();
    return load(env, flags).port;
  };
  const nothing = () => undefined;
  const local = join(workspace, ".env");
  const ports = [
    portAfter(nothing),
    portAfter(() => writeFileSync(configFile, '{ "$schema": "x", "port": 1001 }')),
    portAfter(() => writeFileSync(join(dirname(configFile), ".env"), "MINI_OPENCLAW_PORT=1002\n")),
    portAfter(() => writeFileSync(local, 'OTHER=1\nMINI_OPENCLAW_PORT="1003" # ours\n')),
    portAfter(nothing, { MINI_OPENCLAW_PORT: "1004" }),
    portAfter(nothing, { MINI_OPENCLAW_PORT: "1004" }, { port: "1005" }),
  ];

  expect(ports).toEqual([3210, 1001, 1002, 1003, 1004, 1005]);
});

test("reads files that begin with a byte order mark and have line ends of Windows", () => {
  writeFileSync(configFile, '\uFEFF{ "model": "m1" }\r\n');
  writeFileSync(join(workspace, ".env"), "\uFEFFMINI_OPENCLAW_PORT=1003\r\nMINI_OPENCLAW_EFFORT=low\r\n");

  expect(load()).toMatchObject({ model: "m1", port: 1003, effort: "low" });
});

test("reads numbers, lists, true and false of config.json", () => {
  const values = { maxRunCostUsd: 2.5, mcp: true, allowedHosts: ["a.lan", "b.lan"], compactAt: 0 };
  writeFileSync(configFile, JSON.stringify(values));

  expect(load()).toMatchObject({
    maxRunCostUsd: 2.5,
    mcp: true,
    allowedHosts: ["a.lan", "b.lan"],
    compactAtShare: undefined,
  });
});

test("takes a key from the workspace's .env, and ignores settings there that widen rights", () => {
  const lines = ["ANTHROPIC_API_KEY=key", "ANTHROPIC_BASE_URL=http://evil.example", "MINI_OPENCLAW_MCP=on"];
  writeFileSync(join(workspace, ".env"), lines.join("\n"));

  const { server, mcp, warnings } = load();

  expect(server).toEqual({ api: "anthropic", apiKey: "key", baseURL: undefined });
  expect(mcp).toBe(false);
  expect(warnings).toEqual([
    expect.stringMatching(/^`MINI_OPENCLAW_MCP` in .+\.env is ignored, .+Put it into .+\.env or/),
    expect.stringMatching(/^`ANTHROPIC_BASE_URL` in .+\.env is ignored/),
  ]);
});

test("names variables of an .env that do not count there", () => {
  writeFileSync(
    join(workspace, ".env"),
    "ANTHROPIC_APIKEY=k\nHTTPS_PROXY=http://a.b\nMINI_OPENCLAW_CONFIG=c.json\nPORT=80\n",
  );

  expect(load().warnings).toEqual([
    expect.stringMatching(/^`ANTHROPIC_APIKEY` in .+\.env is not a setting, .+ mean ANTHROPIC_API_KEY\?$/),
    expect.stringMatching(/^`MINI_OPENCLAW_CONFIG` in .+\.env is ignored\. Put it into the environment\.$/),
    expect.stringMatching(/^`HTTPS_PROXY` in .+\.env is ignored\. Put it into the environment\.$/),
  ]);
});

describe("names the file and the setting of", () => {
  test.each([
    [
      "a variable's name",
      '{ "MINI_OPENCLAW_MAX_RUN_COST": 2 }',
      /MINI_OPENCLAW_MAX_RUN_COST` in .+ is not a setting\. Did you mean maxRunCostUsd\?$/,
    ],
    [
      "a misspelled key",
      '{ "prot": 1 }',
      /^`prot` in .+config\.json is not a setting\. Did you mean port\?$/,
    ],
    ["a key that is none", '{ "schedules": [] }', /is not a setting\. config show lists all settings\.$/],
    ["a bad value", '{ "port": "x" }', /^`port in .+config\.json` must be an integer .+, got "x"\.$/],
    ["a value of no kind", '{ "port": {} }', /^`port in .+config\.json` must be a text, a number/],
    ["text that is no JSON", "{ port: 1 }", /config\.json` cannot be read as JSON: /],
    ["JSON that is no object", "[1]", /cannot be read as JSON: it must hold one object/],
  ])("%s", (_, text, message) => {
    writeFileSync(configFile, text);

    expect(() => load()).toThrow(message);
  });
});

test.each<[env: Record<string, string>, server: object]>([
  [{}, { api: "demo" }],
  [{ ANTHROPIC_API_KEY: "k" }, { api: "anthropic", apiKey: "k" }],
  [{ ANTHROPIC_BASE_URL: "http://x" }, { api: "anthropic", baseURL: "http://x" }],
  [{ OPENAI_API_KEY: "for-another-program" }, { api: "demo" }],
  [
    { OPENAI_API_KEY: "k", MINI_OPENCLAW_MODEL: "gpt-5" },
    { api: "openai", apiKey: "k" },
  ],
  [
    { OPENAI_BASE_URL: "http://x/v1", MINI_OPENCLAW_MODEL: "qwen3" },
    { api: "openai-compatible", baseURL: "http://x/v1" },
  ],
  [{ ANTHROPIC_API_KEY: "k", MINI_OPENCLAW_PROVIDER: "demo" }, { api: "demo" }],
])("chooses the server of the model from %j", (env, server) => {
  expect(load(env).server).toEqual({ apiKey: undefined, baseURL: undefined, ...server });
});

test.each([
  [{ MINI_OPENCLAW_PROVIDER: "anthropic" }, "`ANTHROPIC_API_KEY` must be set"],
  [{ MINI_OPENCLAW_PROVIDER: "openai", MINI_OPENCLAW_MODEL: "m" }, "`OPENAI_API_KEY` must be set"],
  [{ OPENAI_BASE_URL: "http://x/v1" }, "`MINI_OPENCLAW_MODEL` must name a model of the server"],
])("names what is missing beside %j", (env, message) => {
  expect(() => load(env)).toThrow(ConfigError);
  expect(() => load(env)).toThrow(message);
});
