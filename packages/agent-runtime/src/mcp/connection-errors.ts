import { cleanText } from "../providers/errors/clean-text.ts";
import { secretsIn } from "../providers/errors/secrets.ts";
import { cutMiddle } from "../shared/cut-text.ts";
import { fieldOf, reasonOf } from "../shared/errors.ts";
import type { McpHttpServer, McpStdioServer } from "./config.ts";

/** Characters of a server's reason. Some answer with a page of HTML. */
const MAX_REASON_CHARS = 500;

/**
 * Returns whether the call's fate is unknown: the process ended, or the server forgot the session.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  const status = statusOf(error);
  const codes = ["CONNECTION_CLOSED", "NOT_CONNECTED", "SEND_FAILED"];
  if (codes.includes(String(error.code)) || status === 404) return true;
  // The reference server "everything" 2026.8.31 answers 400 to a session that it does not know.
  return status === 400 && /session/i.test(error.message);
}

/**
 * Returns the reason of a failure in words for people, with the remedy where it is known, and
 * without the secrets of the server's config.
 */
export function describeError(error: unknown, server: McpStdioServer | McpHttpServer): string {
  const said = cutMiddle(cleanLines(reasonsIn(error), server), MAX_REASON_CHARS);
  const reason = "command" in server && codeOf(error) === "ENOENT" ? notFound(server.command) : said;
  const status = statusOf(error);
  if (status !== 401 && status !== 403) return reason;
  return `The server refused access (HTTP ${status}). Set \`headers.Authorization\` of the server in .mcp.json. It answered: ${reason}`;
}

/** Returns a server's own lines, without escape sequences and the secrets of its config. */
export function cleanLines(text: string, server: McpStdioServer | McpHttpServer): string {
  const secrets = secretsOfServer(server);
  const lines = text.split("\n").map((line) => cleanText(line, secrets, text.length));
  return lines.join("\n").trim();
}

function secretsOfServer(server: McpStdioServer | McpHttpServer): string[] {
  if ("command" in server) return secretsIn(Object.entries(server.env));
  return secretsIn([...Object.entries(server.headers), ...new URL(server.url).searchParams]);
}

function notFound(command: string): string {
  return `The program ${command} cannot be started: it, or the workspace, is not there (ENOENT). Install it, or name its path in \`command\`.`;
}

/** Returns the text of an error with its reason: `fetch` names that in the cause alone. */
function reasonsIn(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const inner = cause instanceof Error ? cause.message || codeOf(cause) : undefined;
  const outer = reasonOf(error);
  return inner && !outer.includes(inner) ? `${outer}: ${inner}` : outer;
}

function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, "code");
  return typeof code === "string" ? code : undefined;
}

/** Returns the HTTP status of a request that failed. */
function statusOf(error: unknown): unknown {
  const data = error instanceof Error && "data" in error ? error.data : undefined;
  return typeof data === "object" && data !== null && "status" in data ? data.status : undefined;
}
