import { readTextBeneath } from "../files/read-text.ts";
import { AgentError } from "../shared/errors.ts";

/** Tools of a server that run without approval: all, or those named. @default none */
type Trust = boolean | readonly string[];

/** A server that is started as a process of this user. */
export interface McpStdioServer {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  trust: Trust;
}

/** A server that is reached over HTTP. */
export interface McpHttpServer {
  url: string;
  headers: Readonly<Record<string, string>>;
  trust: Trust;
}

/** The servers of a `.mcp.json`, by name. */
export type McpConfig = Readonly<Record<string, McpStdioServer | McpHttpServer>>;

/**
 * Reads `.mcp.json` of a workspace, in the form that other agents use. `${NAME}` and
 * `${NAME:-default}` in its texts become variables of the environment. Returns no servers if there
 * is no file.
 *
 * @throws AgentError `INVALID_OPTION` that names the faulty field
 */
export async function readMcpConfig(
  workspaceDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<McpConfig> {
  const text = await readTextBeneath({ dir: workspaceDir }, ".mcp.json");
  return text === undefined ? {} : parseMcpConfig(text, env);
}

/** @throws AgentError `INVALID_OPTION` that names the faulty field */
function parseMcpConfig(text: string, env: Readonly<Record<string, string | undefined>>): McpConfig {
  const servers = asRecord(asRecord(parseJson(text), "the file")["mcpServers"] ?? {}, "mcpServers");
  const entries = Object.entries(servers).map(([name, server]) => [name, readServer(name, server, env)]);
  return Object.fromEntries(entries) as McpConfig;
}

function readServer(name: string, value: unknown, env: Readonly<Record<string, string | undefined>>) {
  const at = `mcpServers.${name}`;
  const server = asRecord(value, at);
  const text = (field: string, given: unknown) =>
    expand(asText(given, `${at}.${field}`), `${at}.${field}`, env);
  const texts = (field: string) => {
    const pairs = Object.entries(asRecord(server[field] ?? {}, `${at}.${field}`));
    return Object.fromEntries(pairs.map(([key, one]) => [key, text(`${field}.${key}`, one)]));
  };
  const trust = readTrust(server["trust"], `${at}.trust`);
  if (server["url"] !== undefined) {
    const type = server["type"] ?? "http";
    if (type !== "http" && type !== "streamable-http") throw invalid(`${at}.type`, '"http"', type);
    const url = text("url", server["url"]);
    if (!/^https?:/i.test(url) || !URL.canParse(url)) throw invalid(`${at}.url`, "an http or https URL", url);
    return { url, headers: texts("headers"), trust };
  }
  if (server["command"] === undefined) throw invalid(at, "an object with `command` or `url`", value);
  const args = server["args"] ?? [];
  if (!Array.isArray(args)) throw invalid(`${at}.args`, "an array of texts", args);
  return {
    command: text("command", server["command"]),
    args: args.map((one, index) => text(`args.${index}`, one)),
    env: texts("env"),
    trust,
  };
}

function readTrust(value: unknown, field: string): Trust {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  const isList = Array.isArray(value) && value.every((name) => typeof name === "string");
  if (!isList) throw invalid(field, "true, false or an array of tool names", value);
  return value;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}`. A variable without a value and a default is a fault.
 */
function expand(text: string, field: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const value = env[name] || fallback;
    if (value === undefined)
      throw invalid(field, `a text whose variable ${name} is set, or has a default`, text);
    return value;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError("INVALID_OPTION", `\`.mcp.json\` must be JSON: ${reason}.`, { cause: error });
  }
}

function asRecord(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(field, "an object", value);
}

function asText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw invalid(field, "a text", value);
}

function invalid(field: string, expected: string, value: unknown): AgentError {
  const got = (JSON.stringify(value) ?? "nothing").slice(0, 100);
  return new AgentError("INVALID_OPTION", `\`.mcp.json\`: \`${field}\` must be ${expected}, got ${got}.`);
}
