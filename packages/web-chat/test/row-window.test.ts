import { expect, test } from "vitest";
import type { Row } from "../page/conversation/rows/row.ts";
import {
  newestWindow,
  nextWindow,
  rowsWithSeq,
  windowAround,
  withEarlier,
  withLater,
} from "../page/conversation/rows/row-window.ts";

/** Messages of the user with the numbers from `first` to `last`. */
function rowsFrom(first: number, last: number): Row[] {
  return Array.from({ length: last - first + 1 }, (_, index) => rowOf(first + index));
}

function rowOf(seq: number): Row {
  const fields = { runId: undefined, requestId: undefined, timestamp: 1 };
  return { kind: "user", key: `m${seq}`, seq, content: "", ...fields };
}

const rows = rowsFrom(1, 1000);

test("has the newest rows at first", () => {
  expect(newestWindow(rows)).toEqual({ start: 880, end: 1000 });
  expect(newestWindow(rowsFrom(1, 5))).toEqual({ start: 0, end: 5 });
});

test("grows at both ends, up to the rows that are loaded", () => {
  const middle = windowAround(rows, 500);

  expect(middle).toEqual({ start: 440, end: 560 });
  expect(withEarlier(middle)).toEqual({ start: 320, end: 560 });
  expect(withLater(middle, rows)).toEqual({ start: 440, end: 680 });
  expect(windowAround(rows, 3)).toEqual({ start: 0, end: 120 });
  expect(windowAround(rows, 999)).toEqual({ start: 939, end: 1000 });
});

test("follows new rows only at an end that it has reached", () => {
  const more = [...rows, rowOf(1001)];
  const earlier = [...rowsFrom(-49, 0), ...rows];

  expect(nextWindow({ start: 880, end: 1000 }, rows, more)).toEqual({ start: 880, end: 1001 });
  expect(nextWindow({ start: 440, end: 560 }, rows, more)).toEqual({ start: 440, end: 560 });
  expect(nextWindow({ start: 440, end: 560 }, rows, earlier)).toEqual({ start: 490, end: 610 });
  expect(nextWindow({ start: 0, end: 560 }, rows, earlier)).toEqual({ start: 0, end: 610 });
});

test("has the newest rows when most of the others are gone", () => {
  expect(nextWindow({ start: 880, end: 1000 }, rows, rowsFrom(1, 3))).toEqual({ start: 0, end: 3 });
});

test("finds the rows of a message, and the row of a call by the number of its result", () => {
  const tools: Row = {
    kind: "tools",
    key: "tools",
    tools: [{ kind: "tool", key: "t", seq: 5, runId: "r", phase: "done" } as never],
  };
  const said = { ...rowOf(5), kind: "assistant" } as unknown as Row;
  const some = [rowOf(2), said, tools, rowOf(9)];

  expect(rowsWithSeq(some, 2)).toEqual([0]);
  expect(rowsWithSeq(some, 5)).toEqual([1, 2]);
  expect(rowsWithSeq(some, 7)).toEqual([1, 2]);
  expect(rowsWithSeq(some, 20)).toEqual([3]);
  expect(rowsWithSeq(some, 1)).toEqual([]);
});
