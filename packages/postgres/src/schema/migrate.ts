import { StoreError } from "@mini-openclaw/session-store";
import type { Query } from "../connection/connection.ts";
import { migrations, optionalSettings } from "./migrations.ts";
import type { Names } from "./names.ts";

const DEADLINE_MS = 60_000;

/**
 * Brings the schema to the version of this package. Nodes that start at the same time wait for each
 * other. Runs in one transaction, so that a failure changes nothing.
 *
 * @throws StoreError `UNSUPPORTED_VERSION` if a newer version of this package changed the schema
 */
export async function migrate(query: Query, names: Names): Promise<void> {
  const run = (text: string) => query({ text }, DEADLINE_MS);
  if ((await versionOf(query, names)) === migrations.length) return;
  await run("begin");
  try {
    await run(`select pg_advisory_xact_lock(${names.lockClass})`);
    const version = await versionOf(query, names);
    if (version > migrations.length) throw tooNew(names, version);
    if (version === 0) await begin(run, query, names);
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      await run(migration(names.schema));
      await query({
        text: `insert into ${names.schema}.migrations (version) values ($1)`,
        values: [index + 1],
      });
    }
    await run("commit");
  } catch (error) {
    await run("rollback").catch(() => {});
    throw error;
  }
  for (const setting of optionalSettings) await run(setting(names.schema)).catch(() => {});
}

async function versionOf(query: Query, names: Names): Promise<number> {
  // A lookup by `to_regclass` may come from the cache of the connection, which does not know what
  // another node committed while this one waited for the lock.
  const [found] = await query({
    text: "select 1 from pg_tables where schemaname = $1 and tablename = 'migrations'",
    values: [names.plainSchema],
  });
  if (!found) return 0;
  const text = `select coalesce(max(version), 0)::int as version from ${names.schema}.migrations`;
  const [row] = await query({ text });
  const version = Number(row?.["version"]);
  if (version > migrations.length) throw tooNew(names, version);
  return version;
}

async function begin(run: (text: string) => Promise<unknown>, query: Query, names: Names): Promise<void> {
  const [found] = await query({
    text: "select 1 from pg_namespace where nspname = $1",
    values: [names.plainSchema],
  });
  // A role without the right to create schemas may use one that exists.
  if (!found) await run(`create schema ${names.schema}`);
  await run(
    `create table ${names.schema}.migrations (version integer primary key, applied timestamptz not null default now())`,
  );
}

function tooNew({ plainSchema }: Names, version: number): StoreError {
  return new StoreError(
    "UNSUPPORTED_VERSION",
    `The schema ${plainSchema} must have at most version ${migrations.length}, got ${version}. Update @mini-openclaw/postgres.`,
  );
}
