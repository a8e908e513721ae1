import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import {
  AgentError,
  type AgentHooks,
  AgentRuntime,
  type AgentRuntimeOptions,
  type ModelProvider,
  type ToolDefinition,
} from "../../src/index.ts";
import { calls, createScriptedProvider, fails, hangs, says } from "../../src/testing.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";

const overloaded = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });
const usage = { inputTokens: 20, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };

const look: ToolDefinition = {
  name: "look",
  description: "Looks.",
  parameters: {},
  execute: () => ({ success: false, output: "", error: "nothing there" }),
};

function agentWith(hooks: AgentHooks, options: Partial<AgentRuntimeOptions> = {}) {
  const script = [[fails(overloaded)], [says("Let me look."), calls("look")], [says("Nothing.")]];
  const provider = createScriptedProvider(script);
  return new AgentRuntime({ provider, tools: [look], retryBaseMs: 0, ...hooks, ...options });
}

/** Hooks that record their calls in order. */
function notingHooks() {
  const notes: string[] = [];
  const hooks: AgentHooks = {
    onRun({ runId }) {
      notes.push(`run ${runId}`);
      return { end: ({ outcome }) => notes.push(`end of run: ${outcome}`) };
    },
    onModelCall({ model, request }) {
      notes.push(`ask ${model}: ${request.messages.length}`);
      return {
        end: ({ turn, error }) => notes.push(`end of asking: ${turn?.content ?? String(error)}`),
      };
    },
    onToolCall({ toolName, callId }) {
      notes.push(`call ${toolName} ${callId}`);
      return { end: ({ output, isError }) => notes.push(`end of call: ${output}, error ${isError}`) };
    },
    onEvent: ({ type }) => notes.push(type),
  };
  return { notes, hooks };
}

describe("hooks", () => {
  test("are called for a run, each attempt to ask a model, each tool that runs, and each event", async () => {
    const { notes, hooks } = notingHooks();
    await eventsOf(agentWith(hooks), inputOf("go"));
    expect(notes).toEqual([
      "run r1",
      "run_start",
      "ask scripted: 1",
      "end of asking: AgentError: busy",
      "retry",
      "ask scripted: 1",
      "chunk",
      "end of asking: Let me look.",
      "assistant_message",
      "tool_start",
      "call look call_2_1",
      "end of call: nothing there, error true",
      "tool_done",
      "ask scripted: 3",
      "chunk",
      "end of asking: Nothing.",
      "assistant_message",
      "message_done",
      "run_end",
      "end of run: completed",
    ]);
  });

  test("get what it was about, and how it ended", async () => {
    const told: unknown[] = [];
    const note = (name: string) => (call: object) => {
      told.push({ [name]: call });
      return { end: (report: object) => void told.push({ [`end of ${name}`]: report }) };
    };
    const hooks = { onRun: note("run"), onModelCall: note("model"), onToolCall: note("tool") };
    const script = [[calls("look", { a: 1 })], [fails(new AgentError("MODEL_REJECTED", "no"))]];
    const agent = agentWith(hooks, { provider: createScriptedProvider(script) });
    await eventsOf(agent, inputOf("go"));
    const run = { sessionId: "s1", runId: "r1" };
    const failed = { outcome: "failed", error: { code: "MODEL_REJECTED", message: "no" } };
    expect(told).toMatchObject([
      { run },
      { model: { run, model: "scripted", request: { messages: [{ content: "go" }] } } },
      { "end of model": { turn: { stopReason: "tool_use" }, firstEventMs: expect.any(Number) } },
      { tool: { run, callId: "call_1_1", toolName: "look", input: { a: 1 } } },
      { "end of tool": { output: "nothing there", isError: true } },
      { model: {} },
      { "end of model": { error: new AgentError("MODEL_REJECTED", "no") } },
      { "end of run": { ...failed, usage: { inputTokens: 10 } } },
    ]);
  });

  test("are called for an event when its reader has dealt with it", async () => {
    const order: string[] = [];
    const agent = agentWith({ onEvent: ({ type }) => order.push(`seen ${type}`) });
    for await (const { type } of agent.run(inputOf("go"))) {
      await new Promise(setImmediate);
      order.push(`read ${type}`);
      if (type === "retry") break;
    }
    expect(order).toEqual(["read run_start", "seen run_start", "read retry", "seen retry"]);
  });

  test("get the model that takes over from another", async () => {
    const { notes, hooks } = notingHooks();
    const provider = createScriptedProvider([[fails(overloaded)]], { model: "first" });
    const fallbacks = [createScriptedProvider([[says("Hi.")]], { model: "second" })];
    await eventsOf(agentWith(hooks, { provider, fallbacks }), inputOf("go"));
    expect(notes.filter((note) => note.startsWith("ask"))).toEqual(["ask first: 1", "ask second: 1"]);
  });

  test("are not called for a call that is not made", async () => {
    const { notes, hooks } = notingHooks();
    const script = [[calls("look"), calls("gone")], [says("I may not.")]];
    const agent = agentWith(hooks, { provider: createScriptedProvider(script), approval: () => "deny" });
    await eventsOf(agent, inputOf("go"));
    expect(notes.filter((note) => note.startsWith("call"))).toEqual([]);
    expect(notes.filter((note) => note === "tool_done")).toHaveLength(2);
  });

  test("get the end when the reader goes away, and when a provider does not come back", async () => {
    const { notes, hooks } = notingHooks();
    const agent = agentWith(hooks, { provider: createScriptedProvider([[says("Once"), hangs()]]) });
    for await (const { type } of agent.run(inputOf("go"))) if (type === "chunk") break;
    expect(notes.slice(-3)).toEqual([
      "chunk",
      "end of asking: Error: The reader of the events went away.",
      "end of run: aborted",
    ]);

    notes.length = 0;
    const controller = new AbortController();
    const deaf: ModelProvider = {
      model: "deaf",
      async *stream() {
        controller.abort(new Error("enough"));
        await new Promise(() => {});
        yield { type: "progress" };
      },
    };
    await eventsOf(agentWith(hooks, { provider: deaf }), inputOf("go", { signal: controller.signal }));
    expect(notes).toEqual([
      "run r1",
      "run_start",
      "ask deaf: 1",
      "end of asking: Error: enough",
      "message_done",
      "run_end",
      "end of run: aborted",
    ]);
  });

  test("can put a context of their own around models and tools", async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const script = createScriptedProvider([[calls("look")], [says("Done.")]]);
    const provider: ModelProvider = {
      model: "m",
      async *stream(request, options) {
        seen.push(store.getStore());
        for await (const event of script.stream(request, options)) {
          yield event;
          seen.push(store.getStore());
        }
      },
    };
    const tool: ToolDefinition = {
      ...look,
      async execute() {
        await new Promise(setImmediate);
        seen.push(store.getStore());
        return { success: true, output: "" };
      },
    };
    const within = (name: string) => () => ({ run: <T>(work: () => T) => store.run(name, work) });
    const hooks = { onModelCall: within("model"), onToolCall: within("tool") };
    await eventsOf(agentWith(hooks, { provider, tools: [tool] }), inputOf("go"));
    // After its turn a stream is not asked for more.
    expect(seen).toEqual(["model", "tool", "model", "model"]);
  });
});

describe("a hook that misbehaves changes nothing in a run, and onError gets its error", () => {
  const bad = new Error("hook");
  const fail = () => {
    throw bad;
  };
  const reject: () => unknown = async () => fail();
  const broken: Record<string, AgentHooks> = {
    "onRun throws": { onRun: fail },
    "onModelCall throws": { onModelCall: fail },
    "onToolCall throws": { onToolCall: fail },
    "onEvent throws": { onEvent: fail },
    "onEvent rejects": { onEvent: reject as () => void },
    "end throws": { onRun: () => ({ end: fail }), onToolCall: () => ({ end: fail }) },
    "run throws before": { onToolCall: () => ({ run: fail }), onModelCall: () => ({ run: fail }) },
    "run throws after": {
      onToolCall: () => ({
        run(work) {
          work();
          return fail();
        },
      }),
    },
  };

  test.each(Object.entries(broken))("%s", async (_, hooks) => {
    const told: unknown[] = [];
    const expected = outline(await eventsOf(agentWith({}), inputOf("go")));
    const agent = agentWith(hooks, { onError: (error) => told.push(error) });
    expect(outline(await eventsOf(agent, inputOf("go")))).toEqual(expected);
    expect(new Set(told)).toEqual(new Set([bad]));
  });

  test.each<[string, AgentHooks]>([
    ["does not call the work", { onToolCall: () => ({ run: () => undefined as never }) }],
    ["calls it twice", { onToolCall: () => ({ run: (work) => [work(), work()][1] as never }) }],
    ["gives something else", { onModelCall: () => ({ run: (work) => [work()] as never }) }],
    ["is asynchronous", { onModelCall: () => ({ run: (async (work: () => unknown) => work()) as never }) }],
  ])("run %s", async (_, hooks) => {
    let runs = 0;
    const counted: ToolDefinition = {
      ...look,
      execute() {
        runs += 1;
        return { success: true, output: "here" };
      },
    };
    const agent = agentWith(hooks, { tools: [counted] });
    expect(outline(await eventsOf(agent, inputOf("go")))).toContain("tool_done call_2_1 here");
    expect(runs).toBe(1);
  });

  test("even when onError throws too", async () => {
    const agent = agentWith({ onEvent: fail }, { onError: fail });
    expect(outline(await eventsOf(agent, inputOf("go"))).at(-1)).toBe("run_end completed");
  });
});

test("diagnostics channels carry the same, start and end with the same call", async () => {
  const names = ["run", "model-call", "tool-call", "event"].map((name) => `mini-openclaw:agent:${name}`);
  const messages: [string, Record<string, unknown>][] = [];
  const note = (message: unknown, name: string | symbol) =>
    void messages.push([String(name), message as Record<string, unknown>]);
  const agent = agentWith({});
  for (const name of names) subscribe(name, note);
  await eventsOf(agent, inputOf("go"));
  for (const name of names) unsubscribe(name, note);
  const lines = messages.map(([name, { phase, event }]) =>
    phase ? `${name} ${phase as string}` : (event as { type: string }).type,
  );
  expect(lines).toEqual([
    "mini-openclaw:agent:run start",
    "run_start",
    "mini-openclaw:agent:model-call start",
    "mini-openclaw:agent:model-call end",
    "retry",
    "mini-openclaw:agent:model-call start",
    "chunk",
    "mini-openclaw:agent:model-call end",
    "assistant_message",
    "tool_start",
    "mini-openclaw:agent:tool-call start",
    "mini-openclaw:agent:tool-call end",
    "tool_done",
    "mini-openclaw:agent:model-call start",
    "chunk",
    "mini-openclaw:agent:model-call end",
    "assistant_message",
    "message_done",
    "run_end",
    "mini-openclaw:agent:run end",
  ]);
  const [first, last] = [messages[0]?.[1], messages.at(-1)?.[1]];
  expect(last).toEqual({ phase: "end", call: first?.["call"], report: { outcome: "completed", usage } });
  expect(last?.["call"]).toBe(first?.["call"]);

  messages.length = 0;
  await eventsOf(agentWith({}), inputOf("go"));
  expect(messages).toEqual([]);
});

describe("a hook of another making breaks nothing:", () => {
  const unreadable = new Proxy(
    {},
    {
      get() {
        throw new Error("unreadable");
      },
    },
  );
  const throwsAlways = () => {
    throw new Error("thenable");
  };
  const rejected = () => runInNewContext("Promise.reject(new Error('elsewhere'))") as never;

  test.each<[what: string, hooks: AgentHooks, reported: string]>([
    ["a span that cannot be read", { onRun: () => unreadable, onModelCall: () => unreadable }, "unreadable"],
    ["a promise of another realm", { onEvent: rejected }, "elsewhere"],
    ["a thenable that throws", { onEvent: () => ({ then: throwsAlways }) as never }, "thenable"],
  ])("%s", async (_, hooks, reported) => {
    const errors: string[] = [];
    const onError = (error: unknown) => errors.push((error as Error).message);
    const events = await eventsOf(agentWith(hooks, { onError }), inputOf("hi"));
    expect(outline(events).at(-1)).toBe("run_end completed");
    await new Promise(setImmediate);
    expect(errors.join()).toContain(reported);
  });

  test("a span whose `run` gives a promise of another realm", async () => {
    const run = (work: () => unknown) => {
      work();
      return rejected();
    };
    const events = await eventsOf(agentWith({ onRun: () => ({ run }) }), inputOf("hi"));
    expect(outline(events).at(-1)).toBe("run_end completed");
  });
});
