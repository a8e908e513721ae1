import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { CallIds } from "../../src/run/call-ids.ts";
import type { Turn } from "../../src/run/stream-turn.ts";
import { withUniqueCallIds } from "../../src/run/turn-state.ts";

/** The ids of calls that came with these, and those that the blocks of their turn name. */
function idsOf(given: readonly string[], named: readonly string[], before: readonly string[] = []) {
  const toCall = (callId: string) => ({ callId, toolName: "t", input: {} });
  const turn: Turn = {
    type: "turn",
    content: "",
    toolCalls: given.map(toCall),
    blocks: [
      { type: "thinking", text: "Hm." },
      ...named.map((callId) => ({ type: "tool_call" as const, callId })),
    ],
    stopReason: "tool_use",
    usage: noUsage,
    model: "m",
  };
  const said = { role: "assistant" as const, content: "", timestamp: 1, toolCalls: before.map(toCall) };
  let count = 0;
  const { toolCalls, blocks = [] } = withUniqueCallIds(turn, new CallIds([said], () => `new${(count += 1)}`));
  const ofBlocks = blocks.flatMap((block) => (block.type === "tool_call" ? [block.callId] : []));
  return { calls: toolCalls.map(({ callId }) => callId), blocks: ofBlocks };
}

describe("the ids of a turn's calls", () => {
  test.each([
    ["stay as they are when nothing has them", ["a", "b"], [], ["a", "b"]],
    ["are made where there are none", ["", ""], [], ["new1", "new2"]],
    ["are made where two calls of the turn have one", ["a", "a"], [], ["a", "new1"]],
    ["are made where a turn before had them", ["a", "b"], ["b"], ["a", "new1"]],
  ])("%s, in its blocks too", (_, given, before, expected) => {
    expect(idsOf(given, given, before)).toEqual({ calls: expected, blocks: expected });
  });

  test("leave a block as it is that names no call", () => {
    expect(idsOf(["a"], ["x", "a"])).toEqual({ calls: ["a"], blocks: ["x", "a"] });
  });
});
