import { expect, test } from "vitest";
import type * as solution from "../solutions/31.1-parallel.ts";
import { load } from "./load.ts";

const { callAll } = await load<typeof solution>("31.1-parallel");

test("runs calls at the same time, but never more than the limit, and keeps their order", async () => {
  let running = 0;
  let most = 0;
  const calls = Array.from({ length: 7 }, (_, index) => async () => {
    running += 1;
    most = Math.max(most, running);
    // Later calls end sooner.
    for (let turns = 7 - index; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return `result ${index}`;
  });

  const results = await callAll(calls, 3);

  expect(results).toEqual(calls.map((_, index) => `result ${index}`));
  expect(most).toBe(3);
});

test("gives a failed call an error text, and the other calls their results", async () => {
  const fails = () => Promise.reject(new Error("no such file"));

  const results = await callAll([fails, async () => "fine"], 2);

  expect(results).toEqual([expect.stringContaining("no such file"), "fine"]);
});
