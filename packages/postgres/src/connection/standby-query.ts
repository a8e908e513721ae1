import type { Query } from "./connection.ts";

// A statement on a healthy standby takes milliseconds.
const DEADLINE_MS = 1_000;
const AVOIDED_MS = 5_000;

/**
 * Creates a query that reads from a standby. A statement that fails there runs on the primary, as
 * do all others in the seconds after it. The first of several failures in a row is reported.
 */
export function createStandbyQuery(
  standby: Query,
  primary: Query,
  onFailure: (error: unknown, during: string) => void,
): Query {
  let avoidedUntil = 0;
  let isFailing = false;
  return async (statement) => {
    if (performance.now() >= avoidedUntil) {
      try {
        const rows = await standby(statement, DEADLINE_MS);
        isFailing = false;
        return rows;
      } catch (error) {
        // A standby may be away, behind the newest migration, or busy with the changes it gets.
        avoidedUntil = performance.now() + AVOIDED_MS;
        if (!isFailing) onFailure(error, "search on the standby");
        isFailing = true;
      }
    }
    return primary(statement);
  };
}
