import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent, Usage } from "@mini-openclaw/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AgentError, AgentRuntime, type AgentRuntimeOptions, defineTool } from "../../src/index.ts";
import {
  calls,
  callsBadly,
  createScriptedProvider,
  ends,
  fails,
  hangs,
  type ScriptStep,
  says,
  thinks,
  uses,
} from "../../src/testing.ts";
import { eventsOf, inputOf, NOW, outline, user } from "../collect.ts";

const echo = defineTool<{ text: string }>({
  name: "echo",
  description: "Says the text again.",
  parameters: { text: { type: "string", description: "The text." } },
  execute: ({ text }) => ({ success: true, output: text }),
});

function scripted(script: readonly ScriptStep[], options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider(script);
  const agent = new AgentRuntime({ provider, tools: [echo], retryBaseMs: 0, now: () => NOW, ...options });
  return { provider, agent };
}

async function outlineOf(script: readonly ScriptStep[], options: Partial<AgentRuntimeOptions> = {}) {
  return outline(await eventsOf(scripted(script, options).agent, inputOf("hi")));
}

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

describe("a run", () => {
  test("streams the answer and ends with all of it", async () => {
    const { agent } = scripted([[says("Hel", "lo."), uses({ inputTokens: 7, outputTokens: 2 })]]);

    const events = await eventsOf(agent, inputOf("hi"));

    const id = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) as string;
    const usage = { inputTokens: 7, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
    expect(events).toEqual([
      { type: "run_start", runId: "r1", timestamp: NOW },
      { type: "chunk", runId: "r1", messageId: id, content: "Hel", usage: expect.any(Object) as Usage },
      { type: "chunk", runId: "r1", messageId: id, content: "lo." },
      {
        type: "assistant_message",
        runId: "r1",
        id,
        content: "Hello.",
        timestamp: NOW,
        stopReason: "end_turn",
        model: "scripted",
        usage,
      },
      { type: "message_done", runId: "r1", content: "Hello." },
      { type: "run_end", runId: "r1", outcome: "completed", usage, timestamp: NOW },
    ]);
    expect(events[1]).toHaveProperty("messageId", (events[3] as { id: string }).id);
  });

  // rows 31.c, 30.g
  test("runs the tools that a turn asks for until it asks for none", async () => {
    expect(
      await outlineOf([
        [thinks("Hm."), says("Let me look. "), calls("echo", { text: "a" }), calls("echo", { text: "b" })],
        [calls("echo", { text: "c" })],
        [says("Done.")],
      ]),
    ).toEqual([
      "run_start",
      "thinking Hm.",
      "chunk Let me look. ",
      "assistant_message Let me look.  +echo +echo",
      "tool_start call_1_1",
      "tool_start call_1_2",
      "tool_done call_1_1 a",
      "tool_done call_1_2 b",
      "assistant_message  +echo",
      "tool_start call_2_1",
      "tool_done call_2_1 c",
      "chunk Done.",
      "assistant_message Done.",
      "message_done Let me look. Done.",
      "run_end completed",
    ]);
  });

  test("shows the model its calls and their results, and the user's message once", async () => {
    const { agent, provider } = scripted([[calls("echo", { text: "a" })], [says("ok")]]);

    await eventsOf(agent, inputOf([user("before"), user("hi")]));

    const said = (turn: number) =>
      provider.requests[turn]?.messages.map(({ role, content }) => [role, content]);
    expect(said(0)).toEqual([
      ["user", "before"],
      ["user", "hi"],
    ]);
    expect(said(1)).toEqual([
      ["user", "before"],
      ["user", "hi"],
      ["assistant", ""],
      ["tool", "a"],
    ]);
  });

  test("sums the usage of its turns", async () => {
    const { agent } = scripted([
      [calls("echo", { text: "a" }), uses({ inputTokens: 5, outputTokens: 1, cacheWriteTokens: 3 })],
      [says("ok"), uses({ inputTokens: 6, outputTokens: 2, cacheReadTokens: 4 })],
    ]);

    const end = (await eventsOf(agent, inputOf("hi"))).at(-1);

    expect(end).toMatchObject({
      usage: { inputTokens: 11, outputTokens: 3, cacheReadTokens: 4, cacheWriteTokens: 3 },
    });
  });

  test("gives calls that came with one id different ids", async () => {
    const { agent } = scripted([
      [calls("echo", { text: "a" }, "x"), calls("echo", { text: "b" }, "x")],
      [says("ok")],
    ]);
    const events = await eventsOf(agent, inputOf("hi"));
    const done = events.flatMap((event) => (event.type === "tool_done" ? [event] : []));
    expect(done.map(({ output }) => output)).toEqual(["a", "b"]);
    expect(done.map(({ callId }) => callId)).toEqual(["x", expect.not.stringMatching(/^x?$/)]);
  });

  test("continues a turn that the model's server paused", async () => {
    expect(await outlineOf([[says("One "), ends("pause_turn")], [says("two.")]])).toEqual([
      "run_start",
      "chunk One ",
      "assistant_message One ",
      "chunk two.",
      "assistant_message two.",
      "message_done One two.",
      "run_end completed",
    ]);
  });

  test("ends where the model's server pauses the turn again and again", async () => {
    const pauses = Array.from({ length: 4 }, (): ScriptStep => [says("One "), ends("pause_turn")]);
    const lines = await outlineOf([...pauses, [says("two.")]], { maxToolRounds: 3 });
    expect(lines.filter((line) => line.startsWith("assistant_message"))).toHaveLength(4);
    expect(lines.at(-1)).toBe("run_end max_rounds");
  });

  test("ends as refused when the model declines, and runs none of its calls", async () => {
    expect(await outlineOf([[says("I "), calls("echo", { text: "a" }), ends("refusal")]])).toEqual([
      "run_start",
      "chunk I ",
      "assistant_message I  +echo",
      "tool_done call_1_1 error: [interrupted: the tool call has no result]",
      "message_done I ",
      "run_end refused",
    ]);
  });

  test("does not run the call that the token limit cut short", async () => {
    const script = [
      [calls("echo", { text: "a" }), calls("echo", { text: "b" }), ends("max_tokens")],
      [says("ok")],
    ];
    const lines = await outlineOf(script, { maxParallelTools: 1 });
    expect(lines.filter((line) => line.startsWith("tool_done"))).toEqual([
      "tool_done call_1_1 a",
      "tool_done call_1_2 error: Your answer reached its limit of 0 tokens in the middle of this call, so the call was not made. Write less at a time: split long content into several calls, each well below that limit.",
    ]);
  });
});

describe("steering", () => {
  const said = (content: string) => ({ role: "user" as const, content, timestamp: 5, requestId: content });

  /** An agent whose users say these things, one at each time that it asks. */
  async function steered(script: readonly ScriptStep[], ...waiting: string[][]) {
    const { agent, provider } = scripted(script);
    const takeSteering = () => (waiting.shift() ?? []).map(said);
    return { events: await eventsOf(agent, inputOf("hi", { takeSteering })), provider };
  }

  test("enters after a turn's tool results and before the next turn", async () => {
    const { events, provider } = await steered(
      [[calls("echo", { text: "a" })], [says("Both.")]],
      ["and b", "and c"],
    );
    expect(outline(events)).toEqual([
      "run_start",
      "assistant_message  +echo",
      "tool_start call_1_1",
      "tool_done call_1_1 a",
      "user_message",
      "user_message",
      "chunk Both.",
      "assistant_message Both.",
      "message_done Both.",
      "run_end completed",
    ]);
    expect(events[4]).toEqual({
      type: "user_message",
      runId: "r1",
      id: expect.any(String) as string,
      content: "and b",
      timestamp: 5,
      requestId: "and b",
    });
    expect(provider.requests[1]?.messages.slice(-2)).toEqual([said("and b"), said("and c")]);
  });

  test("continues a run while there are steering messages", async () => {
    const { events } = await steered([[says("One. ")], [says("Two.")]], ["and two"]);
    expect(outline(events).slice(1)).toEqual([
      "chunk One. ",
      "assistant_message One. ",
      "user_message",
      "chunk Two.",
      "assistant_message Two.",
      "message_done One. Two.",
      "run_end completed",
    ]);
  });
});

describe("limits", () => {
  test("steering without tools uses up no round", async () => {
    const { agent } = scripted([[says("a")], [says("b")], [says("c")]], { maxToolRounds: 1 });
    const waiting = ["more", "and more"];
    const takeSteering = () =>
      waiting.splice(0, 1).map((content) => ({ role: "user" as const, content, timestamp: 1 }));
    const events = await eventsOf(agent, inputOf("hi", { takeSteering }));
    expect(outline(events).slice(-2)).toEqual(["message_done abc", "run_end completed"]);
  });

  test("after the last round the model may only answer", async () => {
    const { agent, provider } = scripted(
      [[calls("echo", { text: "1" })], [calls("echo", { text: "2" })], [says("Two, so far.")]],
      { maxToolRounds: 2, systemPrompt: () => ({ stable: "be good", volatile: "it is late" }) },
    );

    const lines = outline(await eventsOf(agent, inputOf("hi")));

    expect(lines.slice(-4)).toEqual([
      "chunk Two, so far.",
      "assistant_message Two, so far.",
      "message_done Two, so far.",
      "run_end max_rounds",
    ]);
    expect(provider.requests.map(({ toolChoice }) => toolChoice)).toEqual(["auto", "auto", "none"]);
    expect(provider.requests[2]?.system).toEqual(provider.requests[0]?.system);
    expect(provider.requests[2]?.messages.at(-1)).toEqual({
      role: "system",
      content: "No more tools can be called in this run. Answer now, with what you have.",
      timestamp: 0,
    });
    provider.assertComplete();
  });

  test("when a run may make no more calls the model may only answer", async () => {
    const both = [calls("echo", { text: "b" }), calls("echo", { text: "c" })];
    const script = [[calls("echo", { text: "a" })], both, [says("One, so far.")]];
    const { agent, provider } = scripted(script, { maxToolCalls: 2 });

    const lines = outline(await eventsOf(agent, inputOf("hi")));

    const refused = "error: Not allowed: this run has no more tool calls.";
    expect(lines.slice(3)).toEqual([
      "tool_done call_1_1 a",
      "assistant_message  +echo +echo",
      "tool_start call_2_1",
      "tool_start call_2_2",
      `tool_done call_2_1 ${refused}`,
      `tool_done call_2_2 ${refused}`,
      "chunk One, so far.",
      "assistant_message One, so far.",
      "message_done One, so far.",
      "run_end budget",
    ]);
    expect(provider.requests.map(({ toolChoice }) => toolChoice)).toEqual(["auto", "auto", "none"]);
  });

  test("the same call with the same result is refused, and the run ends with words if the model repeats it again", async () => {
    const script = [
      ...Array.from({ length: 5 }, () => [calls("echo", { text: "a" })]),
      [says("It stays a.")],
    ];
    const { agent, provider } = scripted(script);

    const lines = outline(await eventsOf(agent, inputOf("hi")));

    const refused =
      "error: This call was not made: it gave the same result 3 times in a row, and nothing has changed since. Do something else, or answer with what you have. If you repeat it, the run ends.";
    expect(lines.filter((line) => line.startsWith("tool_done"))).toEqual([
      "tool_done call_1_1 a",
      "tool_done call_2_1 a",
      "tool_done call_3_1 a",
      `tool_done call_4_1 ${refused}`,
      `tool_done call_5_1 ${refused}`,
    ]);
    expect(lines.slice(-2)).toEqual(["message_done It stays a.", "run_end loop_detected"]);
    provider.assertComplete();
  });

  test("a model that heeds the refusal may continue", async () => {
    const script = [...Array.from({ length: 4 }, () => [calls("echo", { text: "a" })]), [says("ok")]];
    expect((await outlineOf(script)).at(-1)).toBe("run_end completed");
  });

  test("the same call is made again after something else has changed", async () => {
    const script = [
      ...Array.from({ length: 6 }, (_, n) => [
        [calls("echo", { text: `edit ${n}` })],
        [calls("echo", { text: "test" })],
      ]).flat(),
      [says("ok")],
    ];
    const lines = await outlineOf(script, { maxToolRounds: 20 });
    expect(lines.filter((line) => line.endsWith(" test"))).toHaveLength(6);
    expect(lines.at(-1)).toBe("run_end completed");
  });

  test("two calls in turn that change nothing are a loop too", async () => {
    const script = Array.from({ length: 10 }, (_, n) => [calls("echo", { text: n % 2 === 0 ? "a" : "b" })]);
    expect((await outlineOf([...script, [says("ok")]], { maxToolRounds: 20 })).at(-1)).toBe(
      "run_end loop_detected",
    );
  });

  test("a model that calls tools although it may not is asked again without tools", async () => {
    const script = [[calls("echo", { text: "1" })], [calls("echo", { text: "2" })], [says("One.")]];
    const { agent, provider } = scripted(script, { maxToolRounds: 1 });
    const lines = outline(await eventsOf(agent, inputOf("hi")));
    expect(lines.slice(-2)).toEqual(["message_done One.", "run_end max_rounds"]);
    expect(provider.requests.map(({ tools }) => tools.length)).toEqual([1, 1, 0]);
  });

  test("a model that still calls tools ends the run without words", async () => {
    const script = Array.from({ length: 3 }, (_, n) => [calls("echo", { text: `${n}` })]);
    const lines = await outlineOf(script, { maxToolRounds: 1 });
    expect(lines.slice(-3)).toEqual([
      "tool_done call_3_1 error: [interrupted: the tool call has no result]",
      "message_done ",
      "run_end max_rounds",
    ]);
  });

  test("the same call is made again as long as its results differ", async () => {
    let count = 0;
    const poll = { name: "poll", description: "Looks.", parameters: {} };
    const execute = () => ({ success: true, output: String((count += 1)) });
    const script = [...Array.from({ length: 6 }, () => [calls("poll")]), [says("ok")]];
    expect((await outlineOf(script, { tools: [{ ...poll, execute }] })).at(-1)).toBe("run_end completed");
  });

  test("a run stops before it spends more tokens than allowed", async () => {
    const script = [[calls("echo", { text: "a" }), uses({ inputTokens: 1000 })], [says("never")]];
    const lines = await outlineOf(script, { maxRunTokens: 1500 });
    expect(lines.slice(-4)).toEqual([
      "tool_done call_1_1 a",
      "error BUDGET_REACHED",
      "message_done ",
      "run_end budget",
    ]);
    expect(lines).not.toContain("chunk never");
  });

  test("can be removed", async () => {
    const options = {
      maxToolRounds: Infinity,
      maxToolCalls: Infinity,
      maxRunTokens: Infinity,
      maxRepeatedCalls: Infinity,
    };
    const limits = {
      maxRunMs: Infinity,
      toolTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      maxContextTokens: Infinity,
    };
    const script = [...Array.from({ length: 20 }, () => [calls("echo", { text: "a" })]), [says("ok")]];
    expect((await outlineOf(script, { ...options, ...limits })).at(-1)).toBe("run_end completed");
  });

  test("a run that takes too long is stopped where it is", async () => {
    expect(await outlineOf([[says("Well"), hangs()]], { maxRunMs: 20 })).toEqual([
      "run_start",
      "chunk Well",
      "assistant_message (interrupted) Well",
      "message_done Well",
      "run_end budget",
    ]);
  });
});

describe("failures", () => {
  const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });
  const no = new AgentError("MODEL_UNAUTHORIZED", "no");

  test("an error with a code ends the run as failed, with its reason", async () => {
    const { agent } = scripted([[fails(no)]]);
    expect(await eventsOf(agent, inputOf("hi"))).toMatchObject([
      { type: "run_start" },
      { type: "error", runId: "r1", code: "MODEL_UNAUTHORIZED", message: "no", retryable: false },
      { type: "message_done", content: "" },
      { type: "run_end", outcome: "failed" },
    ]);
  });

  test("any other error reaches `onError` only", async () => {
    const onError = vi.fn<(error: unknown) => void>();
    const lost = new Error("cannot read /home/me/secret");
    const { agent } = scripted([[says("A"), fails(lost)]], { onError });

    const events = await eventsOf(agent, inputOf("hi"));

    expect(outline(events)).toEqual([
      "run_start",
      "chunk A",
      "assistant_message (interrupted) A",
      "error AGENT_FAILED",
      "message_done A",
      "run_end failed",
    ]);
    expect(JSON.stringify(events)).not.toContain("secret");
    expect(onError.mock.calls).toEqual([[lost]]);
  });

  test("a throw of `onError` does not reach the run", async () => {
    const onError = () => {
      throw new Error("the log is full");
    };
    const { agent } = scripted([[fails(new Error("lost"))]], { onError });
    expect(outline(await eventsOf(agent, inputOf("hi"))).slice(-2)).toEqual([
      "message_done ",
      "run_end failed",
    ]);
  });

  test("a passing failure is tried again, and nothing is shown twice", async () => {
    expect(await outlineOf([[fails(busy)], [fails(busy)], [says("ok")]])).toEqual([
      "run_start",
      "retry 1 MODEL_OVERLOADED",
      "retry 2 MODEL_OVERLOADED",
      "chunk ok",
      "assistant_message ok",
      "message_done ok",
      "run_end completed",
    ]);
  });

  test("nothing is tried again once something was shown", async () => {
    expect((await outlineOf([[says("A"), fails(busy)]])).slice(1)).toEqual([
      "chunk A",
      "assistant_message (interrupted) A",
      "error MODEL_OVERLOADED",
      "message_done A",
      "run_end failed",
    ]);
  });

  test("trying again has an end", async () => {
    const script = Array.from({ length: 9 }, () => [fails(busy)]);
    expect(await outlineOf(script, { maxRetries: 1 })).toEqual([
      "run_start",
      "retry 1 MODEL_OVERLOADED",
      "error MODEL_OVERLOADED",
      "message_done ",
      "run_end failed",
    ]);
  });

  test("waits as long as a server asks for, within the run's time", async () => {
    const later = new AgentError("MODEL_RATE_LIMITED", "later", { retryable: true, retryAfterMs: 60_000 });
    const { agent } = scripted([[fails(later)]], { maxRunMs: 50_000 });
    expect(await eventsOf(agent, inputOf("hi"))).toMatchObject([
      { type: "run_start" },
      { type: "error", code: "MODEL_RATE_LIMITED", retryable: true, retryAfterMs: 60_000 },
      { type: "message_done" },
      { type: "run_end", outcome: "failed" },
    ]);
    const stop = new AbortController();
    const waits: RunEvent[] = [];
    for await (const event of scripted([[fails(later)]]).agent.run(inputOf("hi", { signal: stop.signal }))) {
      if (event.type !== "retry") continue;
      waits.push(event);
      stop.abort();
    }
    expect(waits).toMatchObject([{ delayMs: 60_000, code: "MODEL_RATE_LIMITED" }]);
  });

  test("an overloaded model is left for the next one at once", async () => {
    const fallback = createScriptedProvider([[says("from the other")]], { model: "other" });
    const { agent } = scripted([[fails(busy)]], { fallbacks: [fallback] });
    expect(await eventsOf(agent, inputOf("hi"))).toMatchObject([
      { type: "run_start" },
      { type: "retry", attempt: 1, delayMs: 0, code: "MODEL_OVERLOADED" },
      { type: "chunk", content: "from the other" },
      { type: "assistant_message", model: "other" },
      { type: "message_done" },
      { type: "run_end", outcome: "completed" },
    ]);
  });

  test("each fallback is turned to once, however few times a turn is tried again", async () => {
    const overloaded = (model: string) => createScriptedProvider([[fails(busy)]], { model });
    const last = createScriptedProvider([[says("from the last")]], { model: "c" });
    const { agent } = scripted([[fails(busy)]], {
      fallbacks: [overloaded("a"), overloaded("b"), last],
      maxRetries: 0,
    });
    expect(outline(await eventsOf(agent, inputOf("hi"))).slice(1)).toEqual([
      "retry 1 MODEL_OVERLOADED",
      "retry 2 MODEL_OVERLOADED",
      "retry 3 MODEL_OVERLOADED",
      "chunk from the last",
      "assistant_message from the last",
      "message_done from the last",
      "run_end completed",
    ]);
  });

  test("a run stays with the model that it turned to", async () => {
    const fallback = createScriptedProvider([[calls("echo", { text: "a" })], [says("ok")]], {
      model: "other",
    });
    const { agent, provider } = scripted([[fails(busy)]], { fallbacks: [fallback] });
    expect(outline(await eventsOf(agent, inputOf("hi"))).at(-1)).toBe("run_end completed");
    provider.assertComplete();
    fallback.assertComplete();
  });

  test("when every model is overloaded, the run waits and asks the first again", async () => {
    const fallback = createScriptedProvider([[fails(busy)]], { model: "other" });
    const { agent } = scripted([[fails(busy)], [says("ok")]], { fallbacks: [fallback], retryBaseMs: 2 });
    const events = await eventsOf(agent, inputOf("hi"));
    expect(events.flatMap((event) => (event.type === "retry" ? [event.delayMs > 0] : []))).toEqual([
      false,
      true,
    ]);
    expect(outline(events).at(-1)).toBe("run_end completed");
  });

  test("a model that stops sending ends its turn", async () => {
    expect(await outlineOf([[hangs()], [says("ok")]], { idleTimeoutMs: 20 })).toEqual([
      "run_start",
      "retry 1 MODEL_TIMEOUT",
      "chunk ok",
      "assistant_message ok",
      "message_done ok",
      "run_end completed",
    ]);
  });

  test("the time that the run's reader takes is not the model's silence", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { agent } = scripted([[says("a", "b")]], { idleTimeoutMs: 20 });
    const events: RunEvent[] = [];
    for await (const event of agent.run(inputOf("hi"))) {
      events.push(event);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(outline(events).slice(-2)).toEqual(["message_done ab", "run_end completed"]);
  });

  test("a system prompt that cannot be made ends the run as failed", async () => {
    const systemPrompt = () => {
      throw new Error("no prompt");
    };
    expect(await outlineOf([], { systemPrompt })).toEqual([
      "run_start",
      "error AGENT_FAILED",
      "message_done ",
      "run_end failed",
    ]);
  });

  test("a provider that ends without a turn has failed", async () => {
    const provider = { model: "m", async *stream() {} };
    const agent = new AgentRuntime({ provider, maxRetries: 0 });
    expect(outline(await eventsOf(agent, inputOf("hi")))).toEqual([
      "run_start",
      "error MODEL_FAILED",
      "message_done ",
      "run_end failed",
    ]);
  });
});

describe("an abort", () => {
  test("before the run ends it without asking the model", async () => {
    const { agent, provider } = scripted([]);
    const lines = outline(await eventsOf(agent, inputOf("hi", { signal: AbortSignal.abort() })));
    expect(lines).toEqual(["run_start", "message_done ", "run_end aborted"]);
    expect(provider.requests).toEqual([]);
  });

  test("keeps the text so far", async () => {
    const { agent } = scripted([[says("Once upon"), hangs()]]);
    const controller = new AbortController();
    const lines: string[] = [];
    for await (const event of agent.run(inputOf("hi", { signal: controller.signal }))) {
      lines.push(...outline([event]));
      if (event.type === "chunk") controller.abort();
    }
    expect(lines).toEqual([
      "run_start",
      "chunk Once upon",
      "assistant_message (aborted) Once upon",
      "message_done Once upon",
      "run_end aborted",
    ]);
  });

  test("ends the run even when the provider does not listen", async () => {
    const controller = new AbortController();
    const provider = {
      model: "deaf",
      async *stream() {
        controller.abort();
        await new Promise(() => {});
        yield { type: "text" as const, text: "never" };
      },
    };
    const agent = new AgentRuntime({ provider });
    const lines = outline(await eventsOf(agent, inputOf("hi", { signal: controller.signal })));
    expect(lines).toEqual(["run_start", "message_done ", "run_end aborted"]);
  });

  test("ends the running tools, keeps what they return, and starts no other", async () => {
    const controller = new AbortController();
    const slow = defineTool({
      name: "slow",
      description: "Waits.",
      parameters: {},
      async execute(_, { signal, progress }) {
        progress("half");
        await sleep(60_000, undefined, { signal }).catch(() => {});
        return { success: false, output: "half", error: "[stopped]" };
      },
    });
    const { agent } = scripted([[calls("slow"), calls("echo", { text: "a" })]], {
      tools: [slow, echo],
      maxParallelTools: 1,
    });
    const lines: string[] = [];
    for await (const event of agent.run(inputOf("hi", { signal: controller.signal }))) {
      lines.push(...outline([event]));
      if (event.type === "tool_output") controller.abort();
    }
    expect(lines).toEqual([
      "run_start",
      "assistant_message  +slow +echo",
      "tool_start call_1_1",
      "tool_output call_1_1 half",
      "tool_done call_1_1 error: half\n[stopped]",
      "tool_done call_1_2 error: [aborted: the tool call has no result]",
      "message_done ",
      "run_end aborted",
    ]);
  });

  test("while a tool begins does not run it", async () => {
    const execute = vi.fn<() => { success: boolean; output: string }>();
    const { agent } = scripted([[calls("echo", { text: "a" })]], { tools: [{ ...echo, execute }] });
    const controller = new AbortController();
    const events: RunEvent[] = [];
    for await (const event of agent.run(inputOf("hi", { signal: controller.signal }))) {
      events.push(event);
      if (event.type === "tool_start") controller.abort();
    }
    expect(outline(events).slice(-3)).toEqual([
      "tool_done call_1_1 error: [aborted: the tool was not run]",
      "message_done ",
      "run_end aborted",
    ]);
    expect(execute).not.toHaveBeenCalled();
  });

  test("by a reader that stops reading closes the model's stream", async () => {
    let closed = false;
    const provider = {
      model: "m",
      async *stream() {
        try {
          yield { type: "text" as const, text: "a" };
          yield { type: "text" as const, text: "b" };
        } finally {
          closed = true;
        }
      },
    };
    for await (const event of new AgentRuntime({ provider }).run(inputOf("hi"))) {
      if (event.type === "chunk") break;
    }
    expect(closed).toBe(true);
  });
});

describe("tool calls that cannot be run become results that the model sees", () => {
  test.each([
    ["an unknown tool", calls("nope"), 'There is no tool named "nope".'],
    ["__proto__ as a tool", calls("__proto__"), 'There is no tool named "__proto__".'],
    ["a missing parameter", calls("echo"), /^The input is not valid; the tool was not run\.\n.*text/],
    ["a parameter of the wrong type", calls("echo", { text: 1 }), /input\/text: .*string/],
    [
      "broken JSON",
      callsBadly("echo", '{"text": "a'),
      /not a complete JSON object.*It began with: \{"text": "a$/,
    ],
    ["a schema that hangs", calls("stuck"), "The tool failed: It did not end within 20 ms."],
    ["a schema that throws", calls("broken"), "The tool failed: bad schema"],
    ["a tool that throws", calls("throws"), "The tool failed: out of luck"],
    [
      "a tool that answers nonsense",
      calls("nonsense"),
      /^The tool failed: It did not return \{ success, output \}\. `\w+` must be /,
    ],
    ["a tool that hangs", calls("hangs"), "The tool failed: It did not end within 10 ms."],
  ])("%s", async (_, call, output) => {
    const parameters = {};
    const description = "";
    const throws = () => {
      throw new Error("out of luck");
    };
    const jsonSchema = { input: () => ({ type: "object" }) };
    const stuck = { "~standard": { validate: () => new Promise<never>(() => {}), jsonSchema } };
    const broken = { "~standard": { validate: () => Promise.reject(new Error("bad schema")), jsonSchema } };
    const tools = [
      echo,
      { ...echo, name: "stuck", parameters: stuck },
      { ...echo, name: "broken", parameters: broken },
      { name: "throws", description, parameters, execute: throws },
      { name: "nonsense", description, parameters, execute: () => "?" as never },
      {
        name: "hangs",
        description,
        parameters,
        timeoutMs: 10,
        execute: (_: unknown, { signal }: { signal: AbortSignal }) =>
          new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          }),
      },
    ];
    const { agent, provider } = scripted([[call], [says("I see.")]], { tools, toolTimeoutMs: 20 });

    const events = await eventsOf(agent, inputOf("hi"));

    const done = events.find(({ type }) => type === "tool_done");
    const expected: unknown = typeof output === "string" ? output : matching(output);
    expect(done).toMatchObject({ isError: true, output: expected });
    expect(provider.requests[1]?.messages.at(-1)).toMatchObject({ isError: true, content: expected });
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });
});
