import { expect, test } from "vitest";
import type * as solution from "../solutions/31.3-call-limit.ts";
import { load } from "./load.ts";

const { limitCalls } = await load<typeof solution>("31.3-call-limit");

test("makes calls up to the limit, over all tools, and then asks the model to answer", async () => {
  const made: string[] = [];
  const tools = ["read", "write"].map((name) => ({
    name,
    execute: async () => {
      made.push(name);
      return "done";
    },
  }));
  const [read, write] = limitCalls(tools, 3);
  const results: (string | undefined)[] = [];

  for (const tool of [read, write, read, write, read]) results.push(await tool?.execute({}));

  expect(made).toEqual(["read", "write", "read"]);
  expect(results.slice(0, 3)).toEqual(["done", "done", "done"]);
  for (const refused of results.slice(3)) expect(refused).toMatch(/answer/i);
});
