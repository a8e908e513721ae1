import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TurnQueue } from "../src/shared/work-queues.ts";

test("the first caller of a turn continues at once, and the others in the turns behind it, in order", async () => {
  const turns = new TurnQueue();
  const begun: [name: string, turn: number][] = [];
  let turn = 0;
  for (const name of ["one", "two", "three"]) {
    const waiting = turns.next();
    if (waiting) void waiting.then(() => begun.push([name, turn]));
    else begun.push([name, turn]);
  }
  expect(begun).toEqual([["one", 0]]);
  for (turn = 1; turn < 4; turn += 1) await nextTurn();
  expect(begun).toEqual([
    ["one", 0],
    ["two", 1],
    ["three", 2],
  ]);
});

test("a caller that comes after a quiet turn continues at once", async () => {
  const turns = new TurnQueue();
  expect(turns.next()).toBeUndefined();
  await nextTurn();
  expect(turns.next()).toBeUndefined();
});
