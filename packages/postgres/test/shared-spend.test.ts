import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { createPostgresSpend, createPostgresStore } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

describe.skipIf(!hasPostgres)("the costs of a day", () => {
  test("are counted together by the agents of two nodes", async () => {
    const schema = postgres.newSchema();
    const open = () => createPostgresStore({ pool: postgres.server.pool(), schema });
    const [one, other] = [await open(), await open()];
    const [here, there] = [createPostgresSpend({ store: one }), createPostgresSpend({ store: other })];
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? here : there).add("2026-11-30", 0.01)),
    );
    expect(await here.add("2026-11-30", 0)).toBe(1);
    expect(await there.add("2026-12-01", 0.5)).toBe(0.5);
    await one.close();
    await other.close();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, "1"])("do not count %s", async (cost) => {
    const store = await createPostgresStore({
      pool: postgres.server.pool(),
      schema: postgres.newSchema(),
    });
    const spend = createPostgresSpend({ store });
    await expect(spend.add("2026-11-30", cost as number)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("`costUsd`"),
    });
    expect(await spend.add("2026-11-30", 0.5)).toBe(0.5);
    await store.close();
  });

  test.each(["x", "", null, 5, "2026-13-01", "infinity"])("are of a day, not of %s", async (day) => {
    const store = await createPostgresStore({
      pool: postgres.server.pool(),
      schema: postgres.newSchema(),
    });
    await expect(createPostgresSpend({ store }).add(day as string, 1)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("`day` must be a date such as 2026-12-01, got "),
    });
    await store.close();
  });

  test("need a store on PostgreSQL", () => {
    expect(() => createPostgresSpend({ store: createMemoryStore() })).toThrow(
      "`store` must be a store of `createPostgresStore`, got another object.",
    );
  });
});
