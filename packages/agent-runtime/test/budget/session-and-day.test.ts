import type { ModelProvider, RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentError, AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import {
  calls,
  createScriptedProvider,
  ends,
  fails,
  hangs,
  type ScriptStep,
  says,
  uses,
} from "../../src/testing.ts";
import { eventsOf, inputOf, NOW, outline } from "../collect.ts";

const echo = {
  name: "echo",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

/** Ten dollars a million in, fifty out: 100 tokens in and 20 out cost 0.002. */
const prices = { m: { input: 10, output: 50 } };
const cheap = uses({ inputTokens: 100, outputTokens: 20 });
const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });

/** An agent on a script whose model gets the limit of its answers. */
function agentOf(script: readonly ScriptStep[], options: Partial<AgentRuntimeOptions> = {}, model = "m") {
  const scripted = createScriptedProvider(script, { model });
  const allowed: (number | undefined)[] = [];
  const provider: ModelProvider = {
    model,
    stream(request, asking) {
      allowed.push(asking.maxAnswerTokens);
      return scripted.stream(request, asking);
    },
  };
  const systemPrompt = () => ({ stable: "", volatile: "" });
  const base = { prices, systemPrompt, tools: [echo], retryBaseMs: 0, now: () => NOW };
  const agent = new AgentRuntime({ provider, ...base, ...options });
  return { agent, allowed };
}

/** Returns the outcome of a run, and the limit in its error. */
function ending(events: readonly RunEvent[]) {
  const error = events.find((event) => event.type === "error");
  return [outline(events).at(-1), error?.code, error?.message, error?.retryable];
}

const completed = ["run_end completed", undefined, undefined, undefined];

function stoppedBy(limit: string, retryable = false) {
  return ["run_end budget", "BUDGET_REACHED", `This would go beyond what may be spent: ${limit}.`, retryable];
}

describe("the cost limit of a session", () => {
  test("counts what its earlier runs have cost, before the first request", async () => {
    const { agent, allowed } = agentOf([[says("ok"), cheap]], { maxSessionCostUsd: 1 });
    expect(ending(await eventsOf(agent, inputOf("hi", { sessionCostUsd: 1 })))).toEqual(
      stoppedBy("1 US dollars a session (maxSessionCostUsd)"),
    );
    expect(allowed).toEqual([]);
    expect(ending(await eventsOf(agent, inputOf("hi", { sessionCostUsd: 0.9 })))).toEqual(completed);
  });

  test("counts what the run itself costs", async () => {
    const script = [[calls("echo"), cheap], [calls("echo"), cheap], [says("never")]];
    const { agent, allowed } = agentOf(script, { maxSessionCostUsd: 1 });
    const events = await eventsOf(agent, inputOf("hi", { sessionCostUsd: 0.9955 }));
    expect(ending(events)).toEqual(stoppedBy("1 US dollars a session (maxSessionCostUsd)"));
    expect(allowed).toHaveLength(2);
  });

  test("of a session without known costs begins at nothing", async () => {
    const { agent } = agentOf([[says("ok"), cheap]], { maxSessionCostUsd: 0.01 });
    expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(completed);
  });

  test("counts as used up if it is no number", async () => {
    const { agent } = agentOf([], { maxSessionCostUsd: 1 });
    const events = await eventsOf(agent, inputOf("hi", { sessionCostUsd: Number.NaN }));
    expect(ending(events)).toEqual(stoppedBy("1 US dollars a session (maxSessionCostUsd)"));
  });

  test("cannot hold a model whose price is not known", async () => {
    const { agent } = agentOf([[says("ok")]], { maxSessionCostUsd: 1, maxDayCostUsd: 0 }, "other");
    expect(ending(await eventsOf(agent, inputOf("hi", { sessionCostUsd: 2 })))).toEqual(completed);
  });

  test("stops nothing unless it is set", async () => {
    const { agent } = agentOf([[says("ok"), cheap]], { spentTodayUsd: 1e6 });
    expect(ending(await eventsOf(agent, inputOf("hi", { sessionCostUsd: 1e6 })))).toEqual(completed);
  });
});

describe("the answer", () => {
  test.each<[string, Partial<AgentRuntimeOptions>]>([
    ["1 US dollars a run (maxRunCostUsd)", { maxRunCostUsd: 1, maxSessionCostUsd: 3, maxDayCostUsd: 3 }],
    ["2 US dollars a session (maxSessionCostUsd)", { maxSessionCostUsd: 2, maxDayCostUsd: 9 }],
    ["3 US dollars a day, UTC (maxDayCostUsd)", { maxSessionCostUsd: 3, maxDayCostUsd: 3 }],
    ["20020 tokens a run (maxRunTokens)", { maxSessionCostUsd: 3, maxRunTokens: 20_020 }],
  ])("may have what is left of the lowest: %s", async (limit, options) => {
    // A dollar is left of each that is the lowest: 20,000 tokens, less the prompt's.
    const answer = [says("Well"), ends("max_tokens"), uses({ inputTokens: 100, outputTokens: 20_000 })];
    const { agent, allowed } = agentOf([answer], { spentTodayUsd: 2, ...options });
    const events = await eventsOf(agent, inputOf("hi", { sessionCostUsd: 1 }));
    expect(allowed[0]).toBeGreaterThan(19_900);
    expect(allowed[0]).toBeLessThanOrEqual(20_000);
    expect(outline(events).slice(-4)).toEqual([
      "assistant_message Well",
      "error BUDGET_REACHED",
      "message_done Well",
      "run_end budget",
    ]);
    expect(ending(events)).toEqual(stoppedBy(limit, limit.includes("a day")));
  });
});

describe("the cost limit of a day", () => {
  const dayLimit = stoppedBy("0.005 US dollars a day, UTC (maxDayCostUsd)", true);

  test("counts the runs of all sessions", async () => {
    const { agent } = agentOf(
      [
        [says("1"), cheap],
        [says("2"), cheap],
      ],
      { maxDayCostUsd: 0.005 },
    );
    const ask = async (sessionId: string) =>
      ending(await eventsOf(agent, inputOf("x".repeat(400), { sessionId })));
    expect(await ask("s1")).toEqual(completed);
    expect(await ask("s2")).toEqual(completed);
    expect(await ask("s3")).toEqual(dayLimit);
  });

  test("counts runs that go on at once, with what their requests may still cost", async () => {
    const { agent, allowed } = agentOf(
      [
        [says("Once upon"), hangs()],
        [says("ok"), cheap],
      ],
      { maxDayCostUsd: 0.05 },
    );
    const going = agent.run(inputOf("hi", { runId: "r1" }));
    let heard = await going.next();
    while (!heard.done && heard.value.type !== "chunk") heard = await going.next();
    expect(ending(await eventsOf(agent, inputOf("hi", { runId: "r2" })))[0]).toBe("run_end budget");
    await going.return?.();
    // The real cost counts now.
    expect(ending(await eventsOf(agent, inputOf("hi", { runId: "r3" })))).toEqual(completed);
    expect(allowed).toHaveLength(2);
  });

  test("leaves room for others beside a request of which no long answer is to be expected", async () => {
    const { agent } = agentOf(
      [
        [says("Once upon"), hangs()],
        [says("ok"), cheap],
      ],
      { maxDayCostUsd: 1 },
    );
    const going = agent.run(inputOf("hi", { runId: "r1" }));
    let heard = await going.next();
    while (!heard.done && heard.value.type !== "chunk") heard = await going.next();
    expect(ending(await eventsOf(agent, inputOf("hi", { runId: "r2" })))).toEqual(completed);
    await going.return?.();
  });

  test("keeps nothing of a request that failed before it was answered", async () => {
    const { agent } = agentOf([[fails(new Error("no"))], [says("ok"), cheap]], { maxDayCostUsd: 0.005 });
    expect(ending(await eventsOf(agent, inputOf("hi")))[0]).toBe("run_end failed");
    expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(completed);
  });

  test("lets nothing be tried again that others have used up meanwhile", async () => {
    const { agent, allowed } = agentOf(
      [[fails(busy)], [says("ok"), uses({ inputTokens: 400, outputTokens: 20 })]],
      {
        maxDayCostUsd: 0.005,
      },
    );
    const waiting = agent.run(inputOf("hi", { runId: "r1" }));
    let heard = await waiting.next();
    while (!heard.done && heard.value.type !== "retry") heard = await waiting.next();
    expect(ending(await eventsOf(agent, inputOf("hi", { runId: "r2" })))).toEqual(completed);
    const rest: RunEvent[] = [];
    for await (const event of waiting) rest.push(event);
    expect(outline(rest)).toEqual(["error MODEL_OVERLOADED", "message_done ", "run_end failed"]);
    expect(allowed).toHaveLength(2);
  });

  test("begins anew at midnight UTC", async () => {
    let now = Date.UTC(2026, 10, 22, 23, 59, 59, 999);
    const { agent } = agentOf([[says("ok"), cheap]], {
      maxDayCostUsd: 0.005,
      spentTodayUsd: 0.005,
      now: () => now,
    });
    expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(dayLimit);
    now += 1;
    expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(completed);
  });

  test("is counted by each agent for itself", async () => {
    for (const _ of ["one", "another"]) {
      const { agent } = agentOf([[says("ok"), cheap]], { maxDayCostUsd: 0.003 });
      expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(completed);
    }
  });

  test("of nothing lets a model through that costs nothing", async () => {
    const free = { prices: { m: { input: 0, output: 0 } }, maxDayCostUsd: 0, maxSessionCostUsd: 0 };
    const { agent } = agentOf([[says("ok")]], free);
    expect(ending(await eventsOf(agent, inputOf("hi")))).toEqual(completed);
  });
});
