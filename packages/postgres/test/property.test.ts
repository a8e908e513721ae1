import process from "node:process";
import { describe, expect, test } from "vitest";
import { compareWithMemory } from "../../session-store/test/same-as-memory.ts";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const runs = process.env["PROPERTY_RUNS"];

describe.skipIf(!hasPostgres)("the store", () => {
  test("does the same as the memory store in any order of commands", async () => {
    const pool = postgres.server.pool();
    const newStore = async () => {
      const schema = postgres.newSchema();
      return {
        open: () => createPostgresStore({ pool, schema }),
        [Symbol.asyncDispose]: async () => void (await postgres.server.run(`drop schema ${schema} cascade`)),
      };
    };
    await expect(
      compareWithMemory(newStore, runs === undefined ? { numRuns: 40, seed: 1 } : { numRuns: Number(runs) }),
    ).resolves.toBeUndefined();
  }, 600_000);
});
