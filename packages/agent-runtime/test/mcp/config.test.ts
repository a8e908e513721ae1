import { expect, test } from "vitest";
import { connectMcpServers, type McpConfig, readMcpConfig } from "../../src/mcp.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

async function read(config: unknown, env: Record<string, string> = {}) {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  await using workspace = await temporaryDirectory({ ".mcp.json": text });
  return await readMcpConfig(workspace.path, env);
}

test("reads servers of both kinds, with variables of the environment", async () => {
  const config = {
    mcpServers: {
      files: {
        command: "${BIN:-npx}",
        args: ["-y", "files", "${HOME}"],
        env: { KEY: "${KEY}" },
        trust: ["read"],
      },
      web: {
        type: "http",
        url: "https://example.test/${TEAM:-all}",
        headers: { Authorization: "Bearer ${KEY}" },
      },
    },
  };
  expect(await read(config, { HOME: "/home/ann", KEY: "k" })).toEqual({
    files: { command: "npx", args: ["-y", "files", "/home/ann"], env: { KEY: "k" }, trust: ["read"] },
    web: { url: "https://example.test/all", headers: { Authorization: "Bearer k" }, trust: false },
  });
});

test("no file is no server", async () => {
  await using workspace = await temporaryDirectory();
  expect(await readMcpConfig(workspace.path)).toEqual({});
});

test.each([
  ["{", "`.mcp.json` must be JSON"],
  [{ mcpServers: [] }, "`mcpServers` must be an object, got []."],
  [{ mcpServers: { a: {} } }, "`mcpServers.a` must be an object with `command` or `url`, got {}."],
  [{ mcpServers: { a: { command: 1 } } }, "`mcpServers.a.command` must be a text, got 1."],
  [
    { mcpServers: { a: { command: "x", args: "y" } } },
    '`mcpServers.a.args` must be an array of texts, got "y".',
  ],
  [
    { mcpServers: { a: { url: "ftp://x" } } },
    '`mcpServers.a.url` must be an http or https URL, got "ftp://x".',
  ],
  [{ mcpServers: { a: { type: "sse", url: "http://x" } } }, '`mcpServers.a.type` must be "http", got "sse".'],
  [
    { mcpServers: { a: { command: "${NO_SUCH}" } } },
    "`mcpServers.a.command` must be a text whose variable NO_SUCH is set, or has a default",
  ],
  [
    { servers: { a: { command: "x" } } },
    '`mcpServers` must be an object with the servers, got nothing. The file has "servers".',
  ],
  [{ mcpServers: { a: { command: " " } } }, '`mcpServers.a.command` must be the name of a program, got " ".'],
  [
    { mcpServers: { a: { command: "x", args: ["a\0"] } } },
    "`mcpServers.a.args.0` must be a text without NUL",
  ],
  [
    { mcpServers: { a: { url: "http://x", headers: { Key: "${KEY}\nb" } } } },
    "`mcpServers.a.headers.Key` must be a header that HTTP can carry, got another text.",
  ],
  [
    { mcpServers: { a: { url: "http://ann:${KEY}@x" } } },
    "`mcpServers.a.url` must be a URL without user and password, which belong in `headers.Authorization`",
  ],
  [
    { mcpServers: { a: { url: "${KEY}" } } },
    '`mcpServers.a.url` must be an http or https URL, got "${KEY}".',
  ],
  [{ mcpServers: { a: { command: "x", trust: 1 } } }, "`mcpServers.a.trust` must be true, false or an array"],
])("names the faulty field: %j", async (config, message) => {
  const reading = read(config, { KEY: "key-value" });
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.not.toThrow("key-value");
});

test("leaves out servers that are disabled, and needs none", async () => {
  const server = { command: "x" };
  const config = { mcpServers: { off: { ...server, disabled: true }, on: { ...server, disabled: false } } };
  expect(Object.keys(await read(config))).toEqual(["on"]);
  expect(await read({ $schema: "https://example.test/schema.json" })).toEqual({});
});

test.each<[unknown, string]>([
  [null, "`config` must be an object, got null."],
  [{ a: "npx" }, '`config.a` must be an object, got "npx".'],
  [{ a: { command: "x", args: [1] } }, "`config.a.args.0` must be a text, got 1."],
])("a config of the application that is wrong is named: %j", async (config, message) => {
  const connecting = connectMcpServers(config as McpConfig, { workspaceDir: "." });
  await expect(connecting).rejects.toMatchObject({ code: "INVALID_OPTION", message });
});

test("a config of the application has defaults, and its texts stay as they are", async () => {
  const config = { a: { command: "${NO_SUCH}" } } as unknown as McpConfig;
  const servers = await connectMcpServers(config, { workspaceDir: "." });
  expect(servers.status()[0]?.error).toBe(
    "The program ${NO_SUCH} cannot be started: it, or the workspace, is not there (ENOENT). Install it, or name its path in `command`.",
  );
});
