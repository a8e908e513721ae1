import { describe, expect, test } from "vitest";
import { findDifferences, findFaults, type StoredLine } from "./checker.ts";
import { Ledger } from "./ledger.ts";

const user = { role: "user", content: "u1-0 2 0", runId: "r1", requestId: "u1-0" };
const assistant = { role: "assistant", content: "u1-0-0 u1-0-1 ", runId: "r1" };
const end = { type: "run_end", runId: "r1", outcome: "completed" };

function toLines(entries: readonly object[]): StoredLine[] {
  return entries.map((entry, index) => ({ seq: index + 1, line: JSON.stringify(entry) }));
}

/** A ledger of one accepted message whose run was shown. */
function ledger(): Ledger {
  const one = new Ledger();
  one.accepted("u1-0", "r1");
  one.received(JSON.stringify({ ...user, type: "user_message", seq: 1, sessionId: "s" }));
  one.received(JSON.stringify({ ...end, seq: 3, sessionId: "s" }));
  return one;
}

describe("the checker", () => {
  test("finds nothing where every promise is kept", () => {
    expect(findFaults(ledger(), toLines([user, assistant, end]))).toEqual([]);
  });

  test.each([
    ["a lost message", [{ role: "tool" }, assistant, end], "message u1-0 is stored 0 times"],
    ["a message that is stored twice", [user, assistant, end, user], "message u1-0 is stored 2 times"],
    ["a changed message", [{ ...user, content: "other" }, assistant, end], "message u1-0 was changed"],
    ["a message of another run", [{ ...user, runId: "r2" }, assistant, end], "message u1-0 has another run"],
    ["a run without an end", [user, assistant, { type: "other" }], "run r1 has 0 ends"],
    ["a run with two ends", [user, assistant, end, end], "run r1 has 2 ends"],
    ["an event that was shown and is not stored", [user, assistant], "event 3 is not stored"],
    ["a replaced event", [user, assistant, { ...end, runId: "r2" }], "event 3 is stored as"],
    ["an answer with a gap", [user, { ...assistant, content: "u1-0-0 u1-0-2 " }, end], "has a gap"],
  ])("finds %s", (_name, entries, fault) => {
    expect(findFaults(ledger(), toLines(entries))).toContainEqual(expect.stringContaining(fault));
  });

  test("finds a number that is stored twice", () => {
    const [first] = toLines([user]);
    const lines = [...toLines([user, assistant, end]), ...(first ? [first] : [])];
    expect(findFaults(ledger(), lines)).toContain("a number is stored twice");
  });

  test("finds a message that was accepted as two runs, and an event that changed", () => {
    const one = ledger();
    one.accepted("u1-0", "r2");
    one.received(JSON.stringify({ ...end, outcome: "failed", seq: 3, sessionId: "s" }));
    expect(one.faults).toEqual(["u1-0 was accepted twice", expect.stringContaining("event 3 changed")]);
  });

  test("finds items that a view lacks, has twice or has in another order", () => {
    expect(
      findDifferences([
        ["a", "b"],
        ["a", "b"],
      ]),
    ).toEqual([]);
    expect(findDifferences([["a", "b"], ["a"]])).toEqual(["view 1 differs from view 0: b"]);
    expect(findDifferences([["a"], ["a"], ["a", "a"]])).toEqual(["view 2 differs from view 0: a"]);
    expect(
      findDifferences([
        ["a", "b"],
        ["b", "a"],
      ]),
    ).toEqual(["view 1 differs from view 0: "]);
  });
});
