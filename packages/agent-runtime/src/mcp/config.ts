import { isRecord } from "@mini-openclaw/protocol/shared";
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
 * `${NAME:-default}` in its texts become variables of the environment. Servers that are `disabled`
 * are left out. Returns no servers if there is no file.
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
  const origin: Origin = {
    place: "`.mcp.json`: ",
    expand: (given, field) => expand(given, field, env),
  };
  const file = asRecord(parseJson(text), "the file", origin);
  const names = Object.keys(file).filter((name) => !name.startsWith("$"));
  if (!("mcpServers" in file) && names.length > 0) {
    const found = `nothing. The file has ${names
      .slice(0, 5)
      .map((name) => JSON.stringify(name))
      .join(", ")}`;
    throw invalid("mcpServers", "an object with the servers", found, origin);
  }
  return readServers(file["mcpServers"] ?? {}, "mcpServers", origin);
}

/**
 * Checks the servers that an application configures by itself. Fields that are absent get their
 * defaults.
 *
 * @throws AgentError `INVALID_OPTION` that names the faulty field
 */
export function checkMcpConfig(config: McpConfig): McpConfig {
  return readServers(config, "config", { place: "", expand: (text) => text });
}

/** The origin of a config. */
interface Origin {
  /** Stands before the name of a faulty field. */
  place: string;
  expand: (text: string, field: string) => string;
}

function readServers(value: unknown, at: string, origin: Origin): McpConfig {
  const entries = Object.entries(asRecord(value, at, origin)).flatMap(([name, given]) => {
    const server = asRecord(given, `${at}.${name}`, origin);
    return server["disabled"] === true ? [] : [[name, readServer(server, `${at}.${name}`, origin)]];
  });
  return Object.fromEntries(entries) as McpConfig;
}

const noText = "a text without NUL characters";

function readServer(server: Record<string, unknown>, at: string, origin: Origin) {
  const text = (field: string, given: unknown) => {
    if (typeof given !== "string") throw invalid(`${at}.${field}`, "a text", quote(given), origin);
    const expanded = origin.expand(given, `${at}.${field}`);
    // Neither this one nor the next ones are quoted: they may hold a key.
    if (expanded.includes("\0")) throw invalid(`${at}.${field}`, noText, "another one", origin);
    return expanded;
  };
  const texts = (field: string) => {
    const pairs = Object.entries(asRecord(server[field] ?? {}, `${at}.${field}`, origin));
    return Object.fromEntries(pairs.map(([key, one]) => [key, text(`${field}.${key}`, one)]));
  };
  const trust = readTrust(server["trust"], `${at}.trust`, origin);
  if (server["url"] !== undefined) {
    const type = server["type"] ?? "http";
    if (type !== "http" && type !== "streamable-http")
      throw invalid(`${at}.type`, '"http"', quote(type), origin);
    const url = text("url", server["url"]);
    if (!/^https?:/i.test(url) || !URL.canParse(url))
      throw invalid(`${at}.url`, "an http or https URL", quote(server["url"]), origin);
    const { username, password } = new URL(url);
    if (username !== "" || password !== "") {
      const expected = "a URL without user and password, which belong in `headers.Authorization`";
      throw invalid(`${at}.url`, expected, "one with them", origin);
    }
    const headers = texts("headers");
    for (const [name, value] of Object.entries(headers)) {
      if (!isHeader(name, value))
        throw invalid(`${at}.headers.${name}`, "a header that HTTP can carry", "another text", origin);
    }
    return { url, headers, trust };
  }
  if (server["command"] === undefined)
    throw invalid(at, "an object with `command` or `url`", quote(server), origin);
  const args = server["args"] ?? [];
  if (!Array.isArray(args)) throw invalid(`${at}.args`, "an array of texts", quote(args), origin);
  const command = text("command", server["command"]);
  if (command.trim() === "") throw invalid(`${at}.command`, "the name of a program", quote(command), origin);
  const own = { args: args.map((one, index) => text(`args.${index}`, one)), env: texts("env") };
  return { command, ...own, trust };
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
}

function readTrust(value: unknown, field: string, origin: Origin): Trust {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  const isList = Array.isArray(value) && value.every((name) => typeof name === "string");
  if (!isList) throw invalid(field, "true, false or an array of tool names", quote(value), origin);
  return value;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}`. A variable without a value and a default is a fault.
 */
function expand(text: string, field: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const value = env[name] || fallback;
    if (value !== undefined) return value;
    const problem = `a text whose variable ${name} is set, or has a default, got ${quote(text)}`;
    throw new AgentError("INVALID_OPTION", `\`.mcp.json\`: \`${field}\` must be ${problem}.`);
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

function asRecord(value: unknown, field: string, origin: Origin): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw invalid(field, "an object", quote(value), origin);
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}

function invalid(field: string, expected: string, got: string, { place }: Origin): AgentError {
  return new AgentError("INVALID_OPTION", `${place}\`${field}\` must be ${expected}, got ${got}.`);
}
