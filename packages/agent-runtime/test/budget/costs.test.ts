import type { ModelEvent, ModelProvider, RunEvent, Usage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import {
  AgentError,
  AgentRuntime,
  type AgentRuntimeOptions,
  defaultPrices,
  priceOf,
  type RunReport,
} from "../../src/index.ts";
import { calls, createScriptedProvider, ends, fails, says, uses } from "../../src/testing.ts";
import { answers, messagesServer, openText, sse, start, textDelta } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";

const echo = {
  name: "echo",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

/**
 * Ten dollars a million in, fifty out, one and twenty for the cache: a tenth of a cent is 100, 20,
 * 1000 and 50 tokens.
 */
const prices = { m: { input: 10, output: 50, cacheRead: 1, cacheWrite: 20 } };
const systemPrompt = () => ({ stable: "", volatile: "" });

function tokens(fields: Partial<Usage>): Usage {
  return { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...fields };
}

function agentOf(provider: ModelProvider, options: Partial<AgentRuntimeOptions> = {}) {
  return new AgentRuntime({ provider, prices, systemPrompt, tools: [echo], retryBaseMs: 0, ...options });
}

/** Returns the costs of each turn and of the run, in order. */
function costs(events: readonly RunEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== "assistant_message" && event.type !== "run_end") return [];
    return [{ usage: event.usage, costUsd: event.costUsd }];
  });
}

/** A provider that gives these events, then throws. */
function breaksAfter(events: readonly ModelEvent[], error: Error, model = "m"): ModelProvider {
  return {
    model,
    async *stream() {
      yield* events;
      throw error;
    },
  };
}

const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });

describe("the price of a model", () => {
  test.each([
    ["claude-sonnet-5-5", "claude-sonnet-5-5"],
    ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
    ["claude-opus-4-5-latest", "claude-opus-4-5"],
  ])("of %s is that of %s", (model, known) => {
    expect(priceOf(model)).toBe(defaultPrices[known]);
    expect(priceOf(model)).toBeDefined();
  });

  test.each(["claude-sonnet-5", "claude-sonnet-5-5"])(
    "is looked up by the whole name: %s is no other model",
    (model) => {
      expect(priceOf(model)?.cacheRead).toBe(model === "claude-sonnet-5" ? 0.2 : 0.1);
    },
  );

  test.each([
    "qwen3:8b",
    "claude-sonnet-9",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic/claude-sonnet-5.5",
    "toString",
    "",
  ])("of %j is not known", (model) => {
    expect(priceOf(model)).toBeUndefined();
  });
});

describe("the reported costs", () => {
  test("each turn has its tokens and its dollars, the run those of all turns", async () => {
    const first = tokens({ inputTokens: 100, outputTokens: 20, cacheWriteTokens: 50 });
    const second = tokens({ inputTokens: 100, outputTokens: 40, cacheReadTokens: 1000 });
    const script = [
      [calls("echo"), uses(first)],
      [says("ok"), uses(second)],
    ];
    const events = await eventsOf(agentOf(createScriptedProvider(script, { model: "m" })), inputOf("hi"));
    expect(costs(events)).toEqual([
      { usage: first, costUsd: 0.003 },
      { usage: second, costUsd: 0.004 },
      {
        usage: tokens({ inputTokens: 200, outputTokens: 60, cacheReadTokens: 1000, cacheWriteTokens: 50 }),
        costUsd: 0.007,
      },
    ]);
  });

  test("a hook gets it too", async () => {
    const reports: RunReport[] = [];
    const script = [[says("ok"), uses({ inputTokens: 100, outputTokens: 0 })]];
    const onRun = () => ({ end: (report: RunReport) => void reports.push(report) });
    await eventsOf(agentOf(createScriptedProvider(script, { model: "m" }), { onRun }), inputOf("hi"));
    const usage = tokens({ inputTokens: 100 });
    expect(reports).toEqual([{ outcome: "completed", usage, costUsd: 0.001 }]);
  });

  test("a model without a price costs an unknown sum, and so does its run", async () => {
    const unpriced = createScriptedProvider([[says("ok"), uses({ inputTokens: 5 })]], { model: "other" });
    const events = await eventsOf(agentOf(unpriced), inputOf("hi"));
    const usage = tokens({ inputTokens: 5, outputTokens: 1 });
    expect(costs(events)).toEqual([
      { usage, costUsd: undefined },
      { usage, costUsd: undefined },
    ]);
    expect(events.at(-1)).not.toHaveProperty("costUsd");
  });

  test("a run that asks one priced and one unpriced model costs an unknown sum", async () => {
    const fallback = createScriptedProvider([[says("ok")]], { model: "other" });
    const begun: ModelEvent = { type: "progress", usage: tokens({ inputTokens: 100 }) };
    const agent = agentOf(breaksAfter([begun], busy), { fallbacks: [fallback] });
    const events = await eventsOf(agent, inputOf("hi"));
    expect(outline(events)).toContain("run_end completed");
    expect(costs(events).map(({ costUsd }) => costUsd)).toEqual([undefined, undefined]);
  });

  test("a caller's price comes before ours, and tokens of the cache cost what others do without a rate of their own", async () => {
    const used = uses({ inputTokens: 1000, cacheReadTokens: 1000, cacheWriteTokens: 1000, outputTokens: 0 });
    const provider = createScriptedProvider([[says("ok"), used]], { model: "claude-opus-5" });
    const agent = agentOf(provider, { prices: { "claude-opus-5": { input: 1, output: 1 } } });
    expect((await eventsOf(agent, inputOf("hi"))).at(-1)).toMatchObject({ costUsd: 0.003 });
  });

  test.each([
    [100_000, 0.01],
    [100_001, 0.0500005],
  ])("a prompt of %i tokens costs by its length where long ones cost more", async (inputTokens, costUsd) => {
    const step = [says("ok"), uses({ inputTokens, outputTokens: 0 })];
    const provider = createScriptedProvider([step], { model: "claude-haiku-5-5" });
    const events = await eventsOf(agentOf(provider), inputOf("hi"));
    expect(events.at(-1)).toMatchObject({ costUsd });
  });

  test("a run without requests costs nothing", async () => {
    const agent = agentOf(createScriptedProvider([]));
    const events = await eventsOf(agent, inputOf("hi", { signal: AbortSignal.abort() }));
    expect(costs(events)).toEqual([{ usage: tokens({}), costUsd: 0 }]);
  });
});

describe("requests that gave no turn count too", () => {
  test("an attempt that was tried again, with what its server had said", async () => {
    const begun: ModelEvent = { type: "progress", usage: tokens({ inputTokens: 100 }) };
    let attempts = 0;
    const answer = createScriptedProvider([[says("ok"), uses({ inputTokens: 100, outputTokens: 20 })]]);
    const provider: ModelProvider = {
      model: "m",
      stream: (request, options) =>
        (attempts += 1) === 1
          ? breaksAfter([begun], busy).stream(request, options)
          : answer.stream(request, options),
    };
    const events = await eventsOf(agentOf(provider), inputOf("hi"));
    expect(outline(events)).toContain("retry 1 MODEL_OVERLOADED");
    expect(costs(events).map(({ costUsd }) => costUsd)).toEqual([0.002, 0.003]);
  });

  test("an answer that was cut short, its text estimated", async () => {
    const text = "x".repeat(400);
    const said: ModelEvent[] = [
      { type: "progress", usage: tokens({ inputTokens: 100, outputTokens: 1 }) },
      { type: "text", text },
    ];
    const events = await eventsOf(agentOf(breaksAfter(said, new Error("cut"))), inputOf("hi"));
    expect(events.at(-1)).toMatchObject({
      outcome: "failed",
      usage: tokens({ inputTokens: 100, outputTokens: 100 }),
      costUsd: 0.006,
    });
  });

  test("an answer of a server that reports no usage, all of it estimated", async () => {
    const turn: ModelEvent = {
      type: "turn",
      content: "x".repeat(400),
      toolCalls: [],
      stopReason: "end_turn",
      usage: tokens({}),
    };
    const silent: ModelProvider = {
      model: "m",
      async *stream() {
        yield { type: "text", text: turn.content };
        yield turn;
      },
    };
    const events = await eventsOf(agentOf(silent, { tools: [] }), inputOf("y".repeat(400)));
    expect(costs(events)[0]?.usage).toMatchObject({ outputTokens: 100 });
    expect(costs(events)[0]?.usage?.inputTokens).toBeGreaterThanOrEqual(100);
    expect(costs(events)[1]).toEqual(costs(events)[0]);
  });

  test("a refused request costs nothing", async () => {
    const agent = agentOf(createScriptedProvider([[fails(new Error("no"))]], { model: "m" }));
    expect((await eventsOf(agent, inputOf("hi"))).at(-1)).toMatchObject({ usage: tokens({}), costUsd: 0 });
  });

  test("an answer of the Messages API that breaks off, with the tokens of its beginning", async () => {
    await using server = await messagesServer(
      (response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(start)),
      (response) =>
        response
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(`${sse(start, openText, textDelta("Hel"))}data: {oops\n\n`),
      answers("never"),
    );
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const events = await eventsOf(agentOf(provider), inputOf("hi"));
    expect(outline(events).at(-1)).toBe("run_end failed");
    const { input_tokens: once } = start.message.usage;
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 2 * once } });
  });
});

describe("the limit of money", () => {
  const cheap = uses({ inputTokens: 100, outputTokens: 20 });

  test("ends a run before the request that would cost too much", async () => {
    const script = [[calls("echo"), cheap], [calls("echo"), cheap], [says("never")]];
    const provider = createScriptedProvider(script, { model: "m" });
    const events = await eventsOf(agentOf(provider, { maxRunCostUsd: 0.0045 }), inputOf("hi"));
    expect(outline(events).slice(-3)).toEqual(["error BUDGET_REACHED", "message_done ", "run_end budget"]);
    expect(events.at(-1)).toMatchObject({ costUsd: 0.004 });
    expect(provider.requests).toHaveLength(2);
  });

  test("lets nothing be tried again that would cost too much", async () => {
    const begun: ModelEvent = { type: "progress", usage: tokens({ inputTokens: 100 }) };
    const lines = async (maxRunCostUsd: number) =>
      outline(await eventsOf(agentOf(breaksAfter([begun], busy), { maxRunCostUsd }), inputOf("hi")));
    const failed = ["error MODEL_OVERLOADED", "message_done ", "run_end failed"];
    expect(await lines(0.0015)).toEqual(["run_start", ...failed]);
    expect(await lines(0.0025)).toEqual(["run_start", "retry 1 MODEL_OVERLOADED", ...failed]);
  });

  test("lets no model be turned to that would cost too much", async () => {
    const dear = createScriptedProvider([[says("never")]], { model: "dear" });
    const agent = agentOf(breaksAfter([], busy), {
      fallbacks: [dear],
      prices: { ...prices, dear: { input: 10_000, output: 10_000 } },
      maxRunCostUsd: 0.1,
    });
    expect(outline(await eventsOf(agent, inputOf("hi"))).at(-1)).toBe("run_end failed");
    expect(dear.requests).toHaveLength(0);
  });

  test.each<[string, Partial<AgentRuntimeOptions>, number]>([
    ["the money", { maxRunCostUsd: 0.00402 }, 20],
    ["the tokens", { maxRunTokens: 227 }, 7],
  ])("lets an answer have no more tokens than %s that is left pays", async (_, options, left) => {
    const allowed: (number | undefined)[] = [];
    const script = createScriptedProvider(
      [
        [calls("echo"), cheap],
        [says("Well, "), ends("max_tokens"), uses({ inputTokens: 100, outputTokens: left })],
      ],
      { model: "m" },
    );
    const provider: ModelProvider = {
      model: "m",
      stream(request, given) {
        allowed.push(given.maxAnswerTokens);
        return script.stream(request, given);
      },
    };
    const events = await eventsOf(agentOf(provider, { ...options, tools: [echo] }), inputOf("hi"));
    expect(allowed.at(-1)).toBe(left);
    expect(outline(events).slice(-4)).toEqual([
      "assistant_message Well, ",
      "error BUDGET_REACHED",
      "message_done Well, ",
      "run_end budget",
    ]);
  });

  test("sends the limit of an answer to the model's server", async () => {
    const ask = async (options: Partial<AgentRuntimeOptions>, given: object = {}) => {
      await using server = await messagesServer(answers("Hello"));
      const settings = { apiKey: "k", model: "m", baseURL: server.baseURL, ...given };
      await eventsOf(agentOf(createAnthropicProvider(settings), options), inputOf("hi"));
      return server.requests[0]?.body;
    };
    const thinking = { type: "enabled", budget_tokens: 4000 };
    expect(await ask({}, { thinking })).toMatchObject({ max_tokens: 32_000, thinking });
    const capped = await ask({ maxRunCostUsd: 0.1 }, { thinking });
    expect(capped?.["max_tokens"]).toBeGreaterThan(1900);
    expect(capped?.["max_tokens"]).toBeLessThanOrEqual(2000);
    expect(capped).toMatchObject({ thinking: { budget_tokens: (capped?.["max_tokens"] as number) - 1 } });
    expect(await ask({ maxRunCostUsd: 0.05 }, { thinking })).toMatchObject({
      thinking: { type: "disabled" },
    });
  });

  test("sends no request when the first prompt alone would cost too much", async () => {
    const provider = createScriptedProvider([], { model: "m" });
    const events = await eventsOf(agentOf(provider, { maxRunCostUsd: 0.01 }), inputOf("x".repeat(8000)));
    expect(outline(events)).toEqual(["run_start", "error BUDGET_REACHED", "message_done ", "run_end budget"]);
    expect(provider.requests).toHaveLength(0);
  });

  test("counts what the server has in its cache at the cache's rate", async () => {
    const cached = uses({ inputTokens: 0, outputTokens: 0, cacheWriteTokens: 100_000 });
    const script = [[calls("echo"), cached], [says("ok")]];
    const provider = createScriptedProvider(script, { model: "m" });
    const events = await eventsOf(agentOf(provider, { maxRunCostUsd: 2.5 }), inputOf("hi"));
    expect(outline(events).at(-1)).toBe("run_end completed");
  });

  test("cannot limit a model without a price: the limit of tokens does", async () => {
    const script = [[calls("echo"), cheap], [calls("echo"), cheap], [says("never")]];
    const provider = createScriptedProvider(script, { model: "other" });
    const agent = agentOf(provider, { maxRunCostUsd: 0, maxRunTokens: 300 });
    expect(outline(await eventsOf(agent, inputOf("hi"))).at(-1)).toBe("run_end budget");
    expect(provider.requests).toHaveLength(2);
  });

  test("of nothing lets a model through that costs nothing", async () => {
    const provider = createScriptedProvider([[says("ok")]], { model: "m" });
    const agent = agentOf(provider, { prices: { m: { input: 0, output: 0 } }, maxRunCostUsd: 0 });
    expect((await eventsOf(agent, inputOf("hi"))).at(-1)).toMatchObject({ outcome: "completed", costUsd: 0 });
  });
});
