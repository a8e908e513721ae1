import type { Message } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { estimateMessages } from "../../src/budget/estimate-tokens.ts";
import { fitContext } from "../../src/context/fit-context.ts";
import { AgentRuntime } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf, user } from "../collect.ts";

const assistant = (content: string): Message => ({ role: "assistant", content, timestamp: 1 });
const call = (callId: string): Message => ({
  role: "assistant",
  content: "",
  timestamp: 1,
  toolCalls: [{ callId, toolName: "t", input: {} }],
});
const result = (callId: string, chars: number): Message => ({
  role: "tool",
  callId,
  toolName: "t",
  content: "x".repeat(chars),
  isError: false,
  timestamp: 1,
});

/** Each message in a word: its role's first letter and its length. */
function sizes(messages: readonly Message[]): string[] {
  return messages.map(({ role, content }) => `${role[0]}${content.length}`);
}

describe("messages that cost too much", () => {
  const two = [user("u"), call("a"), result("a", 8000), call("b"), result("b", 8000), assistant("ok")];
  const newest = [user("v"), call("c"), result("c", 8000), assistant("ok"), assistant("ok"), user("w")];

  test("stay as they are while they fit", () => {
    const messages = [...two, ...newest];
    expect(fitContext(messages, 6100)).toEqual({ messages, cutTokens: 0 });
    expect(fitContext(messages, 6100).messages).toBe(messages);
  });

  test("lose the middle of their oldest big results first, and more of them than must be", () => {
    const both = ["u1", "a0", "t1032", "a0", "t1032", "a2", ...sizes(newest)];
    expect(sizes(fitContext([...two, ...newest], 5900).messages)).toEqual(both);
  });

  test("are left out from the oldest on, up to a question", () => {
    expect(sizes(fitContext([...two, ...newest], 2600).messages)).toEqual(sizes(newest));
  });

  test("lose the middle of the newest results and of long messages where nothing else helps", () => {
    const long = [user("a".repeat(9000)), call("a"), result("a", 9000)];
    expect(sizes(fitContext(long, 3000).messages)).toEqual(["u9000", "a0", "t1032"]);
    expect(sizes(fitContext(long, 10).messages)).toEqual(["u4032", "a0", "t1032"]);
  });

  test("are never the newest question", () => {
    const messages = [user("a".repeat(900)), assistant("ok"), user("b".repeat(900))];
    expect(sizes(fitContext(messages, 10).messages)).toEqual(["u900"]);
    expect(sizes(fitContext([user("a".repeat(900))], 10).messages)).toEqual(["u900"]);
  });

  test("are cut at the same place from turn to turn, until there is no room again", () => {
    const messages: Message[] = [user("u")];
    const cuts: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      messages.push(call(`${n}`), result(`${n}`, 4000));
      const fitted = fitContext(messages, 10_000);
      expect(estimateMessages(fitted.messages)).toBeLessThanOrEqual(10_000);
      if (fitted.cutTokens !== cuts.at(-1)) cuts.push(fitted.cutTokens);
    }
    expect(cuts).toEqual(
      [0, 3500, 7000, 10_500, 14_000, 17_500, 21_000, 24_500, 28_000, 31_500].slice(0, cuts.length),
    );
    expect(cuts.length).toBeLessThan(12);
  });

  test("count what calls and blocks hold", () => {
    const image = { type: "image" as const, mediaType: "image/png", data: "aGk=" };
    const thinking = { type: "thinking" as const, text: "x".repeat(400) };
    const seen: Message[] = [
      { role: "user", content: "", timestamp: 1, blocks: [image] },
      { role: "assistant", content: "", timestamp: 1, blocks: [thinking, { type: "text", text: "" }] },
      {
        role: "assistant",
        content: "",
        timestamp: 1,
        toolCalls: [{ callId: "a", toolName: "t", input: { a: "x".repeat(400) } }],
      },
      user("last"),
    ];
    const cost = 1600 + 100 + 103 + 1;
    expect(fitContext(seen, cost).messages).toBe(seen);
    expect(sizes(fitContext(seen, cost - 1).messages)).toEqual(["u4"]);
  });
});

describe("files", () => {
  const image = { type: "image" as const, mediaType: "image/png", data: "aGk=" };
  const pdf = { type: "document" as const, mediaType: "application/pdf", data: "A".repeat(440_000) };
  const notes = { type: "document" as const, mediaType: "text/plain", data: "A".repeat(4000) };
  const withFiles = (content: string, ...blocks: (typeof image | typeof pdf)[]): Message => ({
    ...{ role: "user", content, timestamp: 1 },
    blocks: [...blocks, { type: "text", text: content }],
  });

  test("cost tokens by their kind and size, and a line without their bytes", () => {
    expect(estimateMessages([withFiles("", image)])).toBe(1600);
    expect(estimateMessages([withFiles("", pdf)])).toBe(10_000);
    expect(estimateMessages([withFiles("", notes)])).toBe(750);
    const { data: _, ...blob } = image;
    const old = { ...blob, blob: "b", bytes: 5_000_000 };
    expect(estimateMessages([{ ...user(""), role: "user", blocks: [old] }])).toBe(7);
  });

  test("of old tool results give way to their lines first", () => {
    const shown: Message[] = [user("u")];
    for (let n = 0; n < 6; n += 1) {
      const done = result(`${n}`, 10);
      shown.push(call(`${n}`), { ...done, role: "tool", blocks: [image] } as Message);
    }
    const { messages } = fitContext(shown, estimateMessages(shown) - 1);
    const kept = messages.map((message) => "blocks" in message);
    expect(kept.filter(Boolean).length).toBeGreaterThanOrEqual(3);
    expect(kept[2]).toBe(false);
    expect(kept.at(-1)).toBe(true);
  });

  test("of the newest message give way where nothing else helps", () => {
    const { messages } = fitContext([withFiles("look\n[document: a.pdf]", pdf)], 1000);
    expect(messages).toEqual([{ role: "user", content: "look\n[document: a.pdf]", timestamp: 1 }]);
  });
});

test("a run that collects big results still fits", async () => {
  const big = {
    name: "big",
    description: "",
    parameters: {},
    execute: () => ({ success: true, output: "x".repeat(8000) }),
  };
  const script = [...Array.from({ length: 5 }, (_, n) => [calls("big", { n })]), [says("ok")]];
  const provider = createScriptedProvider(script);
  await eventsOf(new AgentRuntime({ provider, tools: [big], maxContextTokens: 7000 }), inputOf("hi"));
  expect(sizes(provider.requests.at(-1)?.messages ?? [])).toEqual([
    "u2",
    "a0",
    "t1032",
    "a0",
    "t1032",
    "a0",
    "t8000",
    "a0",
    "t8000",
    "a0",
    "t8000",
  ]);
});
