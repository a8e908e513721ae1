// Classes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
// 08: connection, 57P: the server stops or restarts, 25P: a transaction that is broken or too long.
// 25006: the server became a standby, and the next connection may reach the new primary.
const LOST = /^(?:08|57P|25P|25006)/;
// The codes of an address at which nothing listens.
const NOT_THERE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENOENT"]);
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The code of an error: a SQLSTATE of the server, or a code of the system. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * Returns true if the connection failed, so that the outcome of its statement is unknown. Every
 * other error of the server means that the statement changed nothing.
 */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || !SQLSTATE.test(code) || LOST.test(code);
}

/**
 * Returns true for a conflict of transactions, or a lock that was not available in time. The same
 * statement succeeds the next time.
 */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01", "55P03"].includes(codeOf(error) ?? "");
}

/** Returns true if the connection has forgotten a prepared statement. */
export function isUnprepared(error: unknown): boolean {
  return codeOf(error) === "26000";
}

/** Returns true if the server lacks memory, disk or connections. It recovers by itself. */
export function isExhausted(error: unknown): boolean {
  return codeOf(error)?.startsWith("53") ?? false;
}

/** Returns true if the database has no such table. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "42P01";
}

/** Returns the remedy for an error of the database. */
export function remedyOf(error: unknown): string {
  const cause = causeOf(error);
  const code = codeOf(cause) ?? "";
  if (code === "42501") return "Grant the role that right, or let a role with it create the schema.";
  // 28: authorization, 3D: there is no such database. `pg` has no codes of its own.
  if (/^(?:28|3D)/.test(code) || /^SASL|does not support SSL|certificate/.test(reasonOf(cause)))
    return "Correct the options of the pool.";
  if (!NOT_THERE.has(code)) return "Retry later.";
  return "Check that a database runs at the address of the pool. Retry later.";
}

/** Returns the text of an error. One of several tries to connect has none of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}

function causeOf(error: unknown): unknown {
  return error instanceof ConnectionLost && error.cause !== undefined ? causeOf(error.cause) : error;
}

/** The connection failed or its deadline passed. The outcome of the statement is unknown. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
