import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { connectMcpServers, readMcpConfig } from "@mini-openclaw/agent-runtime/mcp";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { replaceFile } from "../../settings/replace-file.ts";
import type { Sources } from "../../settings/sources.ts";
import { UsageError } from "../../settings/usage-error.ts";
import { exitCodes, exitWith } from "../exit.ts";
import { loadConfig, readJsonFile, recordIn, warn } from "../load.ts";
import { oneLine } from "../safe-text.ts";

type Flags = Sources["flags"];

// A part of the names of the server's tools.
const NAME = /^[\p{L}\p{N}_.-]{1,64}$/u;

/** Prints the servers as the file has them: their variables and what is hidden may be keys. */
export async function listServers(flags: Flags): Promise<void> {
  const { workspace, mcp } = loadConfig(flags);
  const file = join(workspace, ".mcp.json");
  try {
    const names = Object.keys(await readMcpConfig(workspace));
    const written = names.length > 0 ? readServers(readJsonFile(file), file) : {};
    for (const name of names) console.log(`${name}\t${oneLine(JSON.stringify(written[name], withoutKeys))}`);
    if (names.length === 0) console.log(`There are no servers in ${file}.`);
    else if (!mcp) warn("They are not started: set MINI_OPENCLAW_MCP=on.");
  } catch (error) {
    exitWith(error);
  }
}

/** Adds a server to `.mcp.json`, and leaves everything else in the file as it is. */
export function addServer(name: string, command: readonly string[], flags: Flags): void {
  const { workspace } = loadConfig(flags);
  const file = join(workspace, ".mcp.json");
  const [first = "", ...args] = command;
  try {
    if (!NAME.test(name))
      throw new UsageError(
        `\`name\` must be 1 to 64 letters, digits, \`-\`, \`_\` or \`.\`, got ${JSON.stringify(name)}.`,
      );
    const isAddress = /^https?:/i.test(first);
    if (first.trim() === "" || (isAddress && !URL.canParse(first)))
      throw new UsageError(`\`command\` must be a program or an http address, got ${JSON.stringify(first)}.`);
    if (isAddress && args.length > 0)
      throw new UsageError(
        `\`command\` must be an address alone, got ${args.length + 1} words. Add headers in ${file}: "headers": { "Authorization": "Bearer \${NAME}" }.`,
      );
    const server = isAddress ? { type: "http", url: first } : { command: first, args };
    const config = existsSync(file) ? readJsonFile(file) : {};
    const mcpServers = readServers(config, file);
    if (Object.hasOwn(mcpServers, name))
      throw new UsageError(
        `\`name\` must be new, and ${file} has a server ${name}. Remove it first, or select another name.`,
      );
    const changed = { ...config, mcpServers: { ...mcpServers, [name]: server } };
    replaceFile(file, `${JSON.stringify(changed, undefined, 2)}\n`);
    console.log(`Added ${name} to ${file}. Try it: mini-openclaw mcp test`);
  } catch (error) {
    exitWith(error);
  }
}

function readServers(config: Record<string, unknown>, file: string): Record<string, unknown> {
  return recordIn(config["mcpServers"] ?? {}, `mcpServers in ${file}`);
}

/** For JSON: hides the values of headers and of variables, except for `${NAME}`. */
function withoutKeys(field: string, value: unknown): unknown {
  if ((field !== "headers" && field !== "env") || !isRecord(value)) return value;
  const shown = (text: unknown) => (/^\$\{\w+\}$/.test(String(text)) ? text : "…");
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, shown(text)]));
}

/** Connects to each server and prints its tools. Exits with 1 if one fails. */
export async function testServers(flags: Flags): Promise<void> {
  const { workspace } = loadConfig(flags);
  try {
    const configured = await readMcpConfig(workspace);
    if (Object.keys(configured).length === 0)
      console.log(`There are no servers in ${join(workspace, ".mcp.json")}.`);
    const servers = await connectMcpServers(configured, { workspaceDir: workspace });
    for (const { name, error, faults } of servers.status()) {
      const problems = [error ?? [], faults].flat();
      console.log(`${name}: ${problems.length === 0 ? "connected" : "failed"}`);
      for (const problem of problems) console.log(`  ${oneLine(String(problem), 500)}`);
      if (problems.length > 0) process.exitCode = exitCodes.failed;
    }
    for (const tool of servers.tools()) console.log(`  ${tool.name}\t${oneLine(tool.description)}`);
    await servers.close?.();
  } catch (error) {
    exitWith(error);
  }
}
