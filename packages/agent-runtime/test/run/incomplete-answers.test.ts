import type { RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentError, AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import {
  calls,
  createScriptedProvider,
  ends,
  fails,
  type ScriptStep,
  says,
  thinks,
} from "../../src/testing.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";

const note = {
  name: "note",
  description: "Notes.",
  parameters: {},
  execute: () => ({ success: true, output: "noted" }),
};

function agentOf(script: readonly ScriptStep[], options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider(script);
  return { provider, agent: new AgentRuntime({ provider, tools: [note], retryBaseMs: 0, ...options }) };
}

const errorOf = (events: readonly RunEvent[]) => events.find((event) => event.type === "error");

describe("an answer that is not complete", () => {
  test.each<[string, ScriptStep, RegExp]>([
    ["cut by the token limit", [says("Half an"), ends("max_tokens")], /^Your answer was cut at its limit/],
    [
      "cut by the context window",
      [says("Half an"), ends("model_context_window_exceeded")],
      /^Your answer was cut/,
    ],
    ["of thoughts alone", [thinks("Hm"), ends("max_tokens")], /while you were thinking/],
    ["of nothing", [ends("end_turn")], /^Your last turn had no text/],
    ["of blanks", [says(" \n")], /^Your last turn had no text/],
  ])("%s is gone on with, once", async (_, step, told) => {
    const { agent, provider } = agentOf([step, [says(" answer.")]]);
    const events = await eventsOf(agent, inputOf("hi"));
    expect(outline(events).at(-1)).toBe("run_end completed");
    expect(errorOf(events)).toBeUndefined();
    expect(provider.requests[1]?.messages.at(-1)).toMatchObject({
      role: "system",
      content: expect.stringMatching(told) as string,
    });
  });

  test.each<[string, ScriptStep, string]>([
    ["cut again", [says("Half"), ends("max_tokens")], "budget"],
    ["cut by the context window again", [says("Half"), ends("model_context_window_exceeded")], "budget"],
    ["empty again", [ends("end_turn")], "failed"],
  ])("%s is never completed: the run's end and an event name it", async (_, step, outcome) => {
    const { agent } = agentOf([step, step]);
    const events = await eventsOf(agent, inputOf("hi"));
    expect(events.at(-1)).toMatchObject({ outcome });
    expect(errorOf(events)).toMatchObject({ code: "ANSWER_CUT", retryable: true });
  });

  test("continues the text, which the model gets as it was", async () => {
    const { agent, provider } = agentOf([[says("Half an"), ends("max_tokens")], [says(" answer.")]]);
    const events = await eventsOf(agent, inputOf("hi"));
    expect(provider.requests[1]?.messages.map(({ role, content }) => [role, content.slice(0, 7)])).toEqual([
      ["user", "hi"],
      ["assistant", "Half an"],
      ["system", "Your an"],
    ]);
    expect(events.find(({ type }) => type === "message_done")).toMatchObject({ content: "Half an answer." });
  });
});

describe("a conversation that is too long for the model", () => {
  const tooLong = () => fails(new AgentError("MODEL_CONTEXT_EXCEEDED", "prompt is too long"));
  const long = Array.from({ length: 20 }, (_, n) => ({
    role: n % 2 === 0 ? ("user" as const) : ("assistant" as const),
    content: `${n} `.repeat(1000),
    timestamp: 1,
  }));

  test("is made shorter and sent again, and stays short in later runs", async () => {
    const { agent, provider } = agentOf([[tooLong()], [tooLong()], [says("ok")], [says("ok")]]);
    const messages = [...long, { role: "user" as const, content: "hi", timestamp: 1 }];
    const events = await eventsOf(agent, inputOf(messages));
    expect(outline(events)).toEqual([
      "run_start",
      "retry 1 MODEL_CONTEXT_EXCEEDED",
      "retry 2 MODEL_CONTEXT_EXCEEDED",
      "chunk ok",
      "assistant_message ok",
      "message_done ok",
      "run_end completed",
    ]);
    await eventsOf(agent, inputOf(messages));
    const sizes = provider.requests.map(({ messages: sent }) => JSON.stringify(sent).length);
    expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) * 0.65);
    expect(sizes[2]).toBeLessThan((sizes[1] ?? 0) * 0.65);
    expect(sizes[3]).toBe(sizes[2]);
    expect(provider.requests.every(({ messages: sent }) => sent.at(-1)?.content === "hi")).toBe(true);
  });

  test("ends the run where nothing is left to leave out", async () => {
    const { agent } = agentOf(Array.from({ length: 3 }, () => [tooLong()]));
    const events = await eventsOf(agent, inputOf("hi"));
    expect(errorOf(events)).toMatchObject({ code: "MODEL_CONTEXT_EXCEEDED" });
    expect(events.at(-1)).toMatchObject({ outcome: "failed" });
  });

  test("is summarized from a shorter one too", async () => {
    const script = [[tooLong()], [says("They counted.")], [says("ok")]];
    const { agent } = agentOf(script, { maxContextTokens: 5000, compactAtShare: 0.5 });
    const events = await eventsOf(agent, inputOf([...long, { role: "user", content: "hi", timestamp: 1 }]));
    expect(outline(events)).toContain("compaction They counted.");
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });
});

describe("trouble before any text", () => {
  const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });

  test("is tried again behind thinking, of which nothing is kept", async () => {
    const { agent } = agentOf([[thinks("Hm"), fails(busy)], [says("ok")]]);
    expect(outline(await eventsOf(agent, inputOf("hi")))).toEqual([
      "run_start",
      "thinking Hm",
      "retry 1 MODEL_OVERLOADED",
      "chunk ok",
      "assistant_message ok",
      "message_done ok",
      "run_end completed",
    ]);
  });

  test("a refusal is answered by the next model, if nothing was shown", async () => {
    const fallback = createScriptedProvider([[says("Gladly.")]], { model: "other" });
    const { agent } = agentOf([[ends("refusal")]], { fallbacks: [fallback] });
    const events = await eventsOf(agent, inputOf("hi"));
    expect(outline(events).slice(1, 3)).toEqual(["retry 1 MODEL_REJECTED", "chunk Gladly."]);
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("a refusal stays one where the next model is not to be asked for it", async () => {
    const fallback = createScriptedProvider([], { model: "other" });
    const { agent } = agentOf([[ends("refusal")]], { fallbacks: [fallback], fallbackOn: ["overloaded"] });
    expect((await eventsOf(agent, inputOf("hi"))).at(-1)).toMatchObject({ outcome: "refused" });
  });

  test("the model gets the reason why its call was refused", async () => {
    const refused = new AgentError("MODEL_FAILED", "x", {
      retryable: true,
      noteForModel: "Your call was refused.",
    });
    const { agent, provider } = agentOf([[fails(refused)], [calls("note")], [says("ok")]]);
    await eventsOf(agent, inputOf("hi"));
    const told = provider.requests.map(({ messages }) =>
      messages.some(({ content }) => content === "Your call was refused."),
    );
    expect(told).toEqual([false, true, false]);
  });
});

test("a conversation whose summary failed is not summarized at every message", async () => {
  const no = new AgentError("MODEL_REJECTED", "no");
  const script = [[fails(no)], [says("1")], [says("2")], [fails(no)], [says("3")]];
  const { agent, provider } = agentOf(script, { compactAtShare: 0.1, maxContextTokens: 1000 });
  const question = { role: "user" as const, content: "x".repeat(800), timestamp: 1 };
  const answer = { role: "assistant" as const, content: "ok", timestamp: 1 };
  await eventsOf(agent, inputOf([question, answer, question]));
  await eventsOf(agent, inputOf([question, answer, question]));
  await eventsOf(agent, inputOf([question, answer, question, answer, question]));
  expect(provider.requests).toHaveLength(5);
});
