import { describeSessionStore } from "@mini-openclaw/session-store/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres, type PostgresServer, startPostgres } from "./server/postgres-server.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

describe.skipIf(!hasPostgres)("the conformance suite", () => {
  for (const durability of ["disk", "os"] as const) {
    const createStore = () => {
      schemas += 1;
      return createPostgresStore({ pool: server.pool(), durability, schema: `s${schemas}` });
    };
    describeSessionStore(`postgres, ${durability}`, createStore, { describe, test });
  }
});
