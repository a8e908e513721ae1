import { afterAll, beforeAll } from "vitest";
import { hasPostgres, type PostgresServer, startPostgres } from "./postgres-server.ts";

/** The PostgreSQL of one test file. */
export interface FileServer {
  /** Available while the tests run, where there is a PostgreSQL. */
  readonly server: PostgresServer;
  /** Returns the name of a schema that no other test has. */
  newSchema(): string;
}

/** Starts a PostgreSQL before the tests of a file, and stops it after them. */
export function useServer(): FileServer {
  let server: PostgresServer | undefined;
  let schemas = 0;
  beforeAll(async () => {
    if (hasPostgres) server = await startPostgres();
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  return {
    get server() {
      if (!server) throw new Error("There is no PostgreSQL. Install it, or set POSTGRES_BIN.");
      return server;
    },
    newSchema() {
      schemas += 1;
      return `s${schemas}`;
    },
  };
}
