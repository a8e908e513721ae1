import { expect, test } from "vitest";
import { readMcpConfig } from "../../src/mcp.ts";
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
  [{ mcpServers: { a: { command: "x", trust: 1 } } }, "`mcpServers.a.trust` must be true, false or an array"],
])("names the faulty field: %j", async (config, message) => {
  await expect(read(config)).rejects.toThrow(message);
});
