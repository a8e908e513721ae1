import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareWithMemory } from "../../session-store/test/same-as-memory.ts";
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

const runs = process.env["PROPERTY_RUNS"];

describe.skipIf(!hasPostgres)("the store", () => {
  test("does the same as the memory store in any order of commands", async () => {
    const pool = server.pool();
    const newStore = async () => {
      schemas += 1;
      const schema = `walk${schemas}`;
      return {
        open: () => createPostgresStore({ pool, schema }),
        [Symbol.asyncDispose]: async () => void (await server.run(`drop schema ${schema} cascade`)),
      };
    };
    await expect(
      compareWithMemory(newStore, runs === undefined ? { numRuns: 40, seed: 1 } : { numRuns: Number(runs) }),
    ).resolves.toBeUndefined();
  }, 600_000);
});
