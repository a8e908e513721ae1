import { describe, expect, test } from "vitest";
import { type Conversation, type Costs, loadBuild, play } from "./cache-costs.ts";

const nineRounds: Conversation = { messages: 6, rounds: 9 };
const longRuns: Conversation = { messages: 10, rounds: 9, tokens: 150_000 };
const parallelCalls: Conversation = { messages: 4, rounds: 4, callsPerRound: 15, tokens: 50_000 };
/** The limits of an agent whose options name none. */
const defaults = { maxContextMessages: 50, maxContextTokens: 150_000 };
const pastTokens: Conversation = { messages: 60, tokensPerMessage: 5000, options: defaults };
const pastMessages: Conversation = { messages: 60, tokensPerMessage: 1000, options: defaults };
const notes: Conversation = { messages: 6, tokens: 50_000, remembers: true };

describe("the cost of a conversation, beside a perfect prompt cache", () => {
  test.each<[string, Conversation, number]>([
    ["ten messages of nine rounds at 150,000 tokens", longRuns, 1.15],
    ["ten messages without tools", { messages: 10, tokens: 20_000 }, 1.15],
    ["rounds of fifteen parallel calls", parallelCalls, 1.15],
    ["a run of forty rounds", { messages: 2, rounds: 40, tokens: 50_000 }, 1.15],
    ["messages with notes in MEMORY.md between them", notes, 1.15],
  ])("%s", async (_, conversation, highest) => {
    const { ratio } = await play(conversation, await loadBuild());
    expect(ratio).toBeLessThan(highest);
  });
});

describe("the tokens that a message writes to the cache", () => {
  test("are those of a run, and not of the conversation, behind runs of nine rounds", async () => {
    const { firstWritten } = await play(nineRounds, await loadBuild());
    // One run has about 7,000 tokens, and the conversation 38,000.
    expect(firstWritten).toBeLessThan(9000);
  });

  test.each<[string, Conversation, number]>([
    // A window that moves with every message costs 181,000 here: 145,000 tokens are written anew.
    ["`maxContextTokens`", pastTokens, 60_000],
    // A window that moves with every message costs 61,000 here.
    ["`maxContextMessages`", pastMessages, 15_000],
  ])("are few on average past %s, because the window moves in steps", async (_, conversation, most) => {
    const build = await loadBuild();
    const [shorter, longer] = await Promise.all(
      [40, 60].map((messages) => play({ ...conversation, messages }, build)),
    );
    const perMessage = ((longer as Costs).real - (shorter as Costs).real) / 20;
    expect(perMessage * 1000).toBeLessThan(most);
  });
});

/** Prints the costs of another build beside those of this one: `CHECKOUT=… vitest run …`. */
const checkout = process.env["CHECKOUT"];
test.runIf(checkout)(
  "the costs of two builds",
  async () => {
    const rows: [string, Conversation, "written" | "firstWritten"][] = [
      ["nine rounds a message: the next message's first request", nineRounds, "firstWritten"],
      ["ten messages of nine rounds at 150,000 tokens", longRuns, "written"],
      ["past `maxContextTokens`: a message", pastTokens, "written"],
      ["past `maxContextMessages`: a message", pastMessages, "written"],
      ["a note in MEMORY.md before each message, at 50,000 tokens: a message", notes, "written"],
      ["four rounds of 15 parallel calls at 50,000 tokens: a message", parallelCalls, "written"],
    ];
    const builds = [await loadBuild(checkout), await loadBuild()];
    for (const [name, conversation, figure] of rows) {
      const costs = [];
      for (const build of builds) costs.push(await play(conversation, build));
      const cells = costs.flatMap((one) => [one[figure], `${one.real} (× ${one.ratio.toFixed(2)})`]);
      expect(costs[1]?.real).toBeLessThanOrEqual(costs[0]?.real ?? 0);
      console.log(`| ${[name, ...cells].join(" | ")} |`);
    }
  },
  300_000,
);
