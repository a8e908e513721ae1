import type { Query } from "./connection.ts";

// A statement on a healthy standby takes milliseconds.
const DEADLINE_MS = 1_000;
const AVOIDED_MS = 5_000;

/**
 * Creates a query that reads from a standby. A statement that fails there runs on the primary, as
 * do all others in the seconds after it.
 */
export function createStandbyQuery(standby: Query, primary: Query): Query {
  let avoidedUntil = 0;
  return async (statement) => {
    if (performance.now() >= avoidedUntil) {
      try {
        return await standby(statement, DEADLINE_MS);
      } catch {
        // A standby may be away, behind the newest migration, or busy with the changes it gets.
        avoidedUntil = performance.now() + AVOIDED_MS;
      }
    }
    return primary(statement);
  };
}
