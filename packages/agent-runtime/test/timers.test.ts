import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentError, AgentRuntime, type AgentRuntimeOptions, type ToolDefinition } from "../src/index.ts";
import { sleep } from "../src/shared/timers.ts";
import { calls, createScriptedProvider, fails, hangs, says } from "../src/testing.ts";
import { eventsOf, inputOf, NOW, outline } from "./collect.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const minute = 60_000;

const endless: ToolDefinition = {
  name: "endless",
  description: "",
  parameters: {},
  execute: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
};

/** A run that waits, and what it has shown once the clock was moved by `passedMs` in all. */
function running(options: AgentRuntimeOptions) {
  const agent = new AgentRuntime({ tools: [endless], ...options });
  const decision = (_: string, { signal }: { signal: AbortSignal }) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  let ended: string[] | undefined;
  const over = eventsOf(agent, inputOf("go", { decision })).then((events) => {
    ended = outline(events);
  });
  return {
    over,
    async after(passedMs: number) {
      await vi.advanceTimersByTimeAsync(passedMs);
      return ended;
    },
  };
}

describe("fake timers move all the time of a run", () => {
  const busy = new AgentError("MODEL_OVERLOADED", "", { retryable: true, retryAfterMs: minute / 2 });
  const call = [calls("endless")];

  test.each<[string, AgentRuntimeOptions, number, string]>([
    [
      "the wait before another try",
      { provider: createScriptedProvider([[fails(busy)], [says("Hi.")]]) },
      minute / 2,
      "chunk Hi.",
    ],
    [
      "the silence of a model's server",
      { provider: createScriptedProvider([[hangs()], [says("Hi.")]]), retryBaseMs: 0 },
      minute,
      "retry 1 MODEL_TIMEOUT",
    ],
    [
      "the time of a tool",
      { provider: createScriptedProvider([call, [says("Hi.")]]) },
      2 * minute,
      "tool_done call_1_1 error: The tool failed: It did not end within 120000 ms.",
    ],
    [
      "the time of a user who is asked",
      { provider: createScriptedProvider([call, [says("Hi.")]]), approval: () => "ask" },
      10 * minute,
      "approval_done call_1_1 deny",
    ],
    [
      "the time of a run",
      { provider: createScriptedProvider([[hangs()]]), idleTimeoutMs: Infinity },
      30 * minute,
      "run_end budget",
    ],
  ])("%s", async (_, options, passedMs, expected) => {
    const run = running(options);
    expect(await run.after(passedMs - 1)).toBeUndefined();
    // A wait that was cut in two may be short of a millisecond.
    expect(await run.after(2)).toContain(expected);
    await run.over;
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a sleep ends with its signal, and leaves no timer", async () => {
  const controller = new AbortController();
  const sleeping = sleep(minute, controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(sleep(minute, controller.signal)).rejects.toThrow("enough");
  expect(vi.getTimerCount()).toBe(0);
});

test("a decision that comes when its tool has ended starts no clock", async () => {
  let decide = () => {};
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  const hasty: ToolDefinition = {
    ...endless,
    name: "hasty",
    execute(_, { approve }) {
      approve("it wants more").catch(() => {});
      return { success: true, output: "done" };
    },
  };
  const provider = createScriptedProvider([[calls("hasty")], [says("Hi.")]]);
  const agent = new AgentRuntime({ provider, tools: [hasty] });
  const decision = async () => {
    await decided;
    return "once" as const;
  };
  await eventsOf(agent, inputOf("go", { decision }));

  decide();
  await vi.advanceTimersByTimeAsync(0);

  expect(vi.getTimerCount()).toBe(0);
});
