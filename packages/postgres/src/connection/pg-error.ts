// Classes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
// 08: connection, 57P: the server stops or restarts, 25P: a transaction that is broken or too long.
const LOST = /^(?:08|57P|25P)/;
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

/** Returns true for a conflict of transactions. The same statement succeeds the next time. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes(codeOf(error) ?? "");
}

/** Returns true if the server lacks memory, disk or connections. It recovers by itself. */
export function isExhausted(error: unknown): boolean {
  return codeOf(error)?.startsWith("53") ?? false;
}

/** The connection failed or its deadline passed. The outcome of the statement is unknown. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
