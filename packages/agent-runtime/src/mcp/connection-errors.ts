import { cutMiddle } from "../shared/cut-text.ts";

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

/** Returns the reason of a failure in words for people, with the remedy where it is known. */
export function describeError(error: unknown): string {
  const reason = cutMiddle(error instanceof Error ? error.message : String(error), MAX_REASON_CHARS);
  const status = statusOf(error);
  if (status !== 401 && status !== 403) return reason;
  return `The server refused access (HTTP ${status}). Set \`headers.Authorization\` of the server in .mcp.json. It answered: ${reason}`;
}

/** Returns the HTTP status of a request that failed. */
function statusOf(error: unknown): unknown {
  const data = error instanceof Error && "data" in error ? error.data : undefined;
  return typeof data === "object" && data !== null && "status" in data ? data.status : undefined;
}
