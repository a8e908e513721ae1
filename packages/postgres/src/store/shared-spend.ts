import type { SessionStore, SharedSpend } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "@mini-openclaw/session-store";
import { check } from "@mini-openclaw/session-store/kit";
import { orStoreError } from "./context.ts";
import { databaseOf } from "./create-store.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export interface PostgresSpendOptions {
  /** A store of `createPostgresStore`. */
  store: SessionStore;
}

/**
 * Returns the costs of a day that all agents on the database and schema of a store count together.
 * A cost whose connection fails may count twice.
 *
 * @throws StoreError `INVALID_OPTION` for a store of another kind
 */
export function createPostgresSpend(options: PostgresSpendOptions): SharedSpend {
  check.known("createPostgresSpend", options, { store: true });
  const database = databaseOf(options.store);
  if (!database) {
    const text =
      "`store` must be a store of `createPostgresStore`, got another object. Open the store first.";
    throw new StoreError("INVALID_OPTION", text);
  }
  const { query, names } = database.context;
  const text = `insert into ${names.schema}.spend as s (day, usd) values ($1, $2)
    on conflict (day) do update set usd = s.usd + excluded.usd returning usd::float8`;
  return {
    add: (day, costUsd) =>
      orStoreError("WRITE_FAILED", async () => {
        if (typeof day !== "string" || !DAY.test(day) || Number.isNaN(Date.parse(day)))
          throw new StoreError("INVALID_OPTION", mustBe("day", "a date such as 2026-12-01", day));
        // The sum of a day would be none for ever.
        check.number("costUsd", costUsd, { min: 0, max: Number.MAX_SAFE_INTEGER });
        const [row] = await query({ text, values: [day, costUsd] });
        return Number(row?.["usd"]);
      }),
  };
}
