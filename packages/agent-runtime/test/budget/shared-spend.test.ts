import type { SharedSpend } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { createScriptedProvider, says, uses } from "../../src/testing.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";

const DAY_MS = 86_400_000;
/** 100 tokens in and 20 out cost 0.002. */
const prices = { m: { input: 10, output: 50 } };
const cheap = [says("ok"), uses({ inputTokens: 100, outputTokens: 20 })];

/** The sums of days in memory, which fail on demand. */
class MemorySpend implements SharedSpend {
  readonly sums = new Map<string, number>();
  failure: Error | undefined;

  async add(day: string, costUsd: number): Promise<number> {
    if (this.failure) throw this.failure;
    const sum = (this.sums.get(day) ?? 0) + costUsd;
    this.sums.set(day, sum);
    return sum;
  }
}

function agentOf(sharedSpend: SharedSpend, options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider([cheap, cheap], { model: "m" });
  const systemPrompt = () => ({ stable: "", volatile: "" });
  return new AgentRuntime({ provider, prices, systemPrompt, sharedSpend, now: () => 0, ...options });
}

async function ending(agent: AgentRuntime): Promise<string | undefined> {
  return outline(await eventsOf(agent, inputOf("hi"))).at(-1);
}

describe("the shared costs of a day", () => {
  test("limit an agent by what another one has spent", async () => {
    const spend = new MemorySpend();
    const [one, other] = [agentOf(spend), agentOf(spend, { maxDayCostUsd: 0.002 })];
    expect(await ending(one)).toBe("run_end completed");
    expect(spend.sums).toEqual(new Map([["1970-01-01", 0.002]]));

    expect(await ending(other)).toBe("run_end budget");
  });

  test("begin anew on the next day", async () => {
    const spend = new MemorySpend();
    let now = 0;
    const agent = agentOf(spend, { maxDayCostUsd: 0.01, now: () => now });
    spend.sums.set("1970-01-01", 1);
    expect(await ending(agent)).toBe("run_end budget");
    now = DAY_MS;

    expect(await ending(agent)).toBe("run_end completed");
    expect(spend.sums.get("1970-01-02")).toBe(0.002);
  });

  test("are not those of the new day where they are known after midnight", async () => {
    const spend = new MemorySpend();
    let now = 0;
    const add = spend.add.bind(spend);
    // The first one is read before midnight, and known after it.
    spend.add = async (...args) => {
      const sum = await add(...args);
      now = DAY_MS;
      return sum;
    };
    spend.sums.set("1970-01-01", 1);

    expect(await ending(agentOf(spend, { maxDayCostUsd: 0.01, now: () => now }))).toBe("run_end completed");
    expect(spend.sums.get("1970-01-02")).toBe(0.002);
  });

  test("fail the run while they cannot be read, and have its costs afterwards", async () => {
    const spend = new MemorySpend();
    const errors: unknown[] = [];
    const down = new Error("the database is away");
    const agent = agentOf(spend, {
      onError: (error) => errors.push(error),
      // The request is paid for, and its cost cannot be shared.
      onModelCall: () => {
        spend.failure = down;
      },
    });
    expect(await ending(agent)).toBe("run_end completed");
    expect(await ending(agent)).toBe("run_end failed");
    expect(errors).toEqual([down]);
    spend.failure = undefined;
    await ending(agent);

    expect(spend.sums).toEqual(new Map([["1970-01-01", 0.002]]));
  });

  test("must be an object with the function `add`", () => {
    expect(() => agentOf({} as SharedSpend)).toThrow(
      "`sharedSpend` must be an object with the function `add`",
    );
  });
});

test.each([undefined, Number.NaN, "", "x", { sum: 1 }])(
  "a shared sum of %s fails the run by name",
  async (sum) => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const agent = agentOf({ add: async () => sum as never }, { onError });
    expect(await ending(agent)).toBe("run_end failed");
    const message = expect.stringContaining(
      "`sharedSpend.add(…)` must be the day's sum, a number, got ",
    ) as string;
    expect(errors).toContainEqual(expect.objectContaining({ code: "INVALID_OPTION", message }));
  },
);

test("a shared sum in words of a database counts", async () => {
  const agent = agentOf({ add: async () => "0.5" as never }, { maxDayCostUsd: 0.4 });
  expect(await ending(agent)).toBe("run_end budget");
});
