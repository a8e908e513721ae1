import type { AgentInput, ApprovalDecision, RunEvent, TaskRequest } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions, createTaskTool } from "../../src/index.ts";
import { calls, createScriptedProvider, type ScriptStep, says, uses } from "../../src/testing.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { callTool } from "./call-tool.ts";

const prices = { m: { input: 1_000_000, output: 1_000_000 } };
const systemPrompt = () => ({ stable: "", volatile: "" });
const task = (prompt: string) => calls("task", { description: "Look", prompt });

/** An agent whose sub-agents run as a gateway runs them, and all their events. */
function agentOf(script: Record<string, readonly ScriptStep[]>, options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider(
    ({ messages }) => {
      const last = messages.findLastIndex(({ role }) => role === "user");
      const turn = messages.slice(last).filter(({ role }) => role === "assistant").length;
      return script[messages[last]?.content ?? ""]?.[turn] ?? [says("?")];
    },
    { model: "m" },
  );
  const tools = [createTaskTool(), ...(options.tools ?? [])];
  const limits = { maxRunCostUsd: 1e9, ...options };
  const agent = new AgentRuntime({ provider, prices, systemPrompt, ...limits, tools });
  const requests: TaskRequest[] = [];
  const events: RunEvent[][] = [];
  const startTask: AgentInput["startTask"] = async (request) => {
    requests.push(request);
    const own = inputOf(request.content, { runId: `r${requests.length + 1}`, parentRunId: "r1" });
    const ended = eventsOf(agent, { ...own, sessionId: `s${requests.length + 1}`, signal: request.signal });
    return {
      sessionId: `s${requests.length + 1}`,
      ended: ended.then((all) => {
        events.push(all);
        const end = all.at(-1);
        if (end?.type !== "run_end") throw new Error("no end");
        const text = all.flatMap((one) => (one.type === "message_done" ? [one.content] : [])).join("");
        const { outcome, error } = end;
        return { outcome, content: text, ...(error && { error }) };
      }),
    };
  };
  return {
    agent,
    requests,
    events,
    run: (content: string) => eventsOf(agent, inputOf(content, { startTask })),
  };
}

const endOf = (events: readonly RunEvent[] = []) => events.findLast((event) => event.type === "run_end");

test("the report of the sub-agent is the result of the call, which names its session", async () => {
  const { run } = agentOf({ go: [[task("look")], [says("Red.")]], look: [[says("It is red.")]] });
  expect(outline(await run("go"))).toEqual([
    "run_start",
    "assistant_message  +task",
    "tool_start call_1_1",
    "tool_output call_1_1 s2",
    "tool_done call_1_1 It is red.",
    "chunk Red.",
    "assistant_message Red.",
    "message_done Red.",
    "run_end completed",
  ]);
});

test("is not offered where no sub-agent can start, and fails where it is called without one", async () => {
  const provider = createScriptedProvider([[says("ok")]]);
  const agent = new AgentRuntime({ provider, tools: [createTaskTool()] });
  await eventsOf(agent, inputOf("go"));
  expect(provider.requests[0]?.tools).toEqual([]);
  expect(await callTool(createTaskTool(), { description: "a", prompt: "b" })).toEqual({
    output: "The tool failed: No sub-agent can be started here.",
    isError: true,
  });
});

test("an instruction must not be empty", async () => {
  expect((await callTool(createTaskTool(), { description: "a", prompt: "" })).isError).toBe(true);
});

test("a sub-agent that fails is an error result with the reason and the text so far", async () => {
  const { run } = agentOf(
    {
      go: [[task("look")], [says("So.")]],
      look: [[says("I begin."), calls("none")], [calls("none")], [calls("none")]],
    },
    { maxToolRounds: 1 },
  );
  const done = (await run("go")).find((event) => event.type === "tool_done");
  expect(done).toMatchObject({
    isError: true,
    output: "I begin.\n[the sub-agent did not finish: max_rounds.]",
  });
});

describe("the cost of a sub-agent", () => {
  const look = [[says("Red."), uses({ inputTokens: 100, outputTokens: 50 })]];
  const turns = [
    [task("look"), uses({ inputTokens: 10, outputTokens: 5 })],
    [says("So."), uses({ inputTokens: 20, outputTokens: 5 })],
  ];

  test("counts in the run that started it, and once in the day", async () => {
    const { run, events, agent } = agentOf(
      { go: turns, look, again: [[says("more")]] },
      { maxDayCostUsd: 370 },
    );
    expect(endOf(await run("go"))).toMatchObject({
      usage: { inputTokens: 130, outputTokens: 60 },
      costUsd: 190,
    });
    expect(endOf(events[0])).toMatchObject({ costUsd: 150 });
    expect(endOf(await eventsOf(agent, inputOf("again")))).toMatchObject({ outcome: "completed" });
  });

  test("is limited by what the run that started it has left", async () => {
    const dear = [[task("look"), uses({ inputTokens: 1990, outputTokens: 9 })]];
    const { run, events } = agentOf({ go: dear, look }, { maxRunCostUsd: 2000 });
    await run("go");
    expect(endOf(events[0])).toMatchObject({ outcome: "budget", error: { code: "BUDGET_REACHED" } });
  });

  test("cannot be spent twice by two at the same time", async () => {
    const two = [[task("look"), task("look"), uses({ inputTokens: 10, outputTokens: 5 })], turns[1] ?? []];
    // Less than a request with an answer of 8,192 tokens may need.
    const { run, events } = agentOf({ go: two, look }, { maxRunTokens: 8000 });
    await run("go");
    const outcomes = events.map((all) => String(endOf(all)?.outcome)).sort();
    expect(outcomes).toEqual(["budget", "completed"]);
  });

  test("of a model without a known price counts in tokens", async () => {
    const { run } = agentOf({ go: turns, look }, { prices: {}, maxRunTokens: 1000 });
    const end = endOf(await run("go"));
    expect(end).toMatchObject({ usage: { inputTokens: 130, outputTokens: 60 } });
    expect(end).not.toHaveProperty("costUsd");
  });

  test("of a sub-agent whose parent is over counts in its own run", async () => {
    const { agent } = agentOf({ look });
    const events = await eventsOf(agent, inputOf("look", { parentRunId: "gone" }));
    expect(endOf(events)).toMatchObject({ costUsd: 150 });
  });
});

describe("an approval of a sub-agent", () => {
  async function decided(decision: ApprovalDecision | undefined, elsewhere: Promise<ApprovalDecision>) {
    const provider = createScriptedProvider([[task("look")], [says("So.")]]);
    const agent = new AgentRuntime({ provider, tools: [createTaskTool()] });
    let answer = "";
    const events = await eventsOf(
      agent,
      inputOf("go", {
        decision: () => (decision ? Promise.resolve(decision) : new Promise(() => {})),
        startTask: async ({ decide }) => {
          answer = await decide("bash wants to run", elsewhere).catch((error: Error) => error.message);
          return { sessionId: "s2", ended: Promise.resolve({ outcome: "completed", content: "Done." }) };
        },
      }),
    );
    return { answer, lines: outline(events).filter((line) => line.startsWith("approval")) };
  }
  const never = new Promise<ApprovalDecision>(() => {});
  const asked = "approval_request call_1_1 bash wants to run";

  test.each<[ApprovalDecision, string]>([
    ["once", "once"],
    ["session", "once"],
    ["deny", "Not allowed: bash wants to run, and the user did not allow it."],
  ])("asks the user of the call: %s", async (decision, answer) => {
    expect(await decided(decision, never)).toEqual({
      answer,
      lines: [asked, `approval_done call_1_1 ${decision}`],
    });
  });

  test("may be decided elsewhere", async () => {
    expect(await decided(undefined, Promise.resolve("once"))).toEqual({
      answer: "once",
      lines: [asked, "approval_done call_1_1 once"],
    });
  });
});
