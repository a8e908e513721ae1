import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import { describe, expect, test, vi } from "vitest";
import {
  AgentError,
  AgentRuntime,
  type AgentRuntimeOptions,
  createTaskTool,
  MemoryManager,
  type ToolDefinition,
} from "../../src/index.ts";
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
import { eventsOf, inputOf, NOW, outline, user } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const assistant = (content: string): Message => ({ role: "assistant", content, timestamp: 1 });
const ping = {
  name: "ping",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};
const summary = (content: string): Message => ({ role: "system", content, timestamp: 1, compaction: true });
const no = new AgentError("MODEL_REJECTED", "no");
/** Five messages: more than half of the eight that a model is shown here. */
const conversation = [user("one"), assistant("1"), user("two"), assistant("2"), user("three")];

function scripted(script: readonly ScriptStep[], options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider(script);
  const agent = new AgentRuntime({
    provider,
    systemPrompt: () => ({ stable: "", volatile: "" }),
    maxContextMessages: 8,
    compactAtShare: 0.5,
    retryBaseMs: 0,
    now: () => NOW,
    ...options,
  });
  return { provider, agent, said: (turn: number) => provider.requests[turn]?.messages.map(shortly) };
}

/** A message in a few words, as a model is shown it. */
function shortly({ role, content }: Message): string {
  if (content.startsWith("Sum up the conversation above")) return "[sum up]";
  if (content.startsWith("The conversation above is about to be replaced")) return "[keep facts]";
  return `${role} ${content.replace("The conversation so far, summed up:\n\n", "so far: ")}`;
}

/** Returns the transcript of these events. */
function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

describe("a conversation that has become long", () => {
  test("is summarized before the run, which continues with the summary and the question", async () => {
    const { agent, said, provider } = scripted([[says("They ", "counted.")], [says("3")]], { tools: [ping] });

    const events = await eventsOf(agent, inputOf(conversation));

    expect(outline(events)).toEqual([
      "run_start",
      "compaction They counted.",
      "chunk 3",
      "assistant_message 3",
      "message_done 3",
      "run_end completed",
    ]);
    expect(events[1]).toEqual({
      type: "compaction",
      runId: "r1",
      id: expect.any(String) as string,
      content: "They counted.",
      timestamp: NOW,
    });
    expect(said(0)).toEqual(["user one", "assistant 1", "user two", "assistant 2", "[sum up]"]);
    expect(said(1)).toEqual(["system so far: They counted.", "user three"]);
    expect(provider.requests.map(({ toolChoice }) => toolChoice)).toEqual(["none", "auto"]);
    expect(provider.requests[0]?.tools).toEqual(provider.requests[1]?.tools);
  });

  test("is shown as the summary and what came after, from then on", async () => {
    const { agent, said } = scripted([[says("They counted.")], [says("3")], [says("4")]]);
    const first = kept(await eventsOf(agent, inputOf(conversation)));
    await eventsOf(agent, inputOf([...conversation, ...first, user("four")]));
    expect(said(2)).toEqual(["system so far: They counted.", "user three", "assistant 3", "user four"]);
  });

  test("is summarized again with the summary before, when it has become long again", async () => {
    const { agent, said } = scripted([[says("Once.")], [says("3")], [says("Twice.")], [says("5")]]);
    const first = kept(await eventsOf(agent, inputOf(conversation)));
    const more = [...conversation, ...first, user("four"), assistant("4"), user("five")];
    await eventsOf(agent, inputOf(more));
    expect(said(2)).toEqual([
      "system so far: Once.",
      "user three",
      "assistant 3",
      "user four",
      "assistant 4",
      "[sum up]",
    ]);
    expect(said(3)).toEqual(["system so far: Twice.", "user five"]);
  });

  test("is long by its tokens as well as by its messages", async () => {
    const long = [user("x".repeat(2400)), assistant("1"), user("two")];
    const { agent, said } = scripted([[says("Long.")], [says("2")]], { maxContextTokens: 1000 });
    await eventsOf(agent, inputOf(long));
    expect(said(1)).toEqual(["system so far: Long.", "user two"]);
  });

  test.each<[string, readonly Message[]]>([
    ["while it is short", conversation.slice(1)],
    ["when all of it is the question", [user("x".repeat(9000))]],
    ["when before the question there is only a summary", [summary("x".repeat(9000)), user("q")]],
  ])("is not summarized %s", async (_, messages) => {
    const { agent, provider } = scripted([[says("ok")]], { maxContextTokens: 1000 });
    expect(outline(await eventsOf(agent, inputOf(messages)))).toContain("assistant_message ok");
    provider.assertComplete();
  });

  test("is not summarized without `compactAtShare`", async () => {
    const provider = createScriptedProvider([[says("ok")]]);
    const agent = new AgentRuntime({ provider, maxContextMessages: 1 });
    await eventsOf(agent, inputOf(conversation));
    expect(provider.requests[0]?.messages).toEqual([user("three")]);
  });

  test("keeps its summary when the newest messages cost too much", async () => {
    const messages = [summary("So far."), user("x".repeat(9000)), assistant("1"), user("q")];
    const { agent, said } = scripted([[fails(no)], [says("ok")]], { maxContextTokens: 1000 });
    await eventsOf(agent, inputOf(messages));
    expect(said(1)).toEqual(["system so far: So far.", "user q"]);
  });

  test("emits a retry when the model must be asked again for the summary", async () => {
    const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });
    const { agent } = scripted([[fails(busy)], [says("They counted.")], [says("3")]]);
    expect(outline(await eventsOf(agent, inputOf(conversation))).slice(0, 3)).toEqual([
      "run_start",
      "retry 1 MODEL_OVERLOADED",
      "compaction They counted.",
    ]);
  });
});

describe("memory before a summary", () => {
  const note = (text: string) => calls("remember", { note: text });

  /** An agent with a workspace; what it kept in MEMORY.md; and the errors that `onError` got. */
  async function remembering(
    script: readonly ScriptStep[],
    { files = {}, ...options }: Partial<AgentRuntimeOptions> & { files?: Record<string, string> } = {},
  ) {
    const workspace = await temporaryDirectory(files);
    const onError = vi.fn<(error: Error) => void>();
    const memory = new MemoryManager({ workspaceDir: workspace.path });
    const told = onError as (error: unknown) => void;
    const made = scripted(script, { memory, onError: told, ...options });
    return {
      ...made,
      memory,
      errors: () => onError.mock.calls.map(([error]) => error.message),
      [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
    };
  }

  test("the model has one turn, unseen, in which it may keep facts in MEMORY.md", async () => {
    await using runtime = await remembering(
      [[says("Noted."), note("Likes tea"), note("Lives in Rome")], [says("They met.")], [says("3")]],
      { files: { "MEMORY.md": "- Has a dog\n" }, tools: [ping] },
    );
    const { agent, said, provider, memory } = runtime;

    expect(outline(await eventsOf(agent, inputOf(conversation)))).toEqual([
      "run_start",
      "compaction They met.",
      "chunk 3",
      "assistant_message 3",
      "message_done 3",
      "run_end completed",
    ]);
    expect(said(0)).toEqual(["user one", "assistant 1", "user two", "assistant 2", "[keep facts]"]);
    expect(said(1)).toEqual(["user one", "assistant 1", "user two", "assistant 2", "[sum up]"]);
    expect(provider.requests.map(({ tools }) => tools.map(({ name }) => name))).toEqual([
      ["ping", "remember"],
      ["ping"],
      ["ping"],
    ]);
    expect(await memory.readLongTerm()).toBe("- Has a dog\n- Likes tea\n- Lives in Rome\n");
  });

  test("the run's own prompt has what was kept", async () => {
    await using workspace = await temporaryDirectory();
    const script = [[note("Likes tea")], [says("They met.")], [says("3")]];
    const provider = createScriptedProvider(script);
    const limits = { maxContextMessages: 8, compactAtShare: 0.5 };
    const agent = new AgentRuntime({ provider, workspaceDir: workspace.path, ...limits });
    await eventsOf(agent, inputOf(conversation));
    const memories = provider.requests.map(({ system }) => system.volatile.includes("- Likes tea"));
    expect(memories).toEqual([false, false, true]);
  });

  test("no other tool is run, and no more than twenty notes are kept", async () => {
    const run = vi.fn<() => { success: boolean; output: string }>(() => ({ success: true, output: "" }));
    const notes = Array.from({ length: 25 }, (_, n) => note(`Fact ${n + 1}`));
    await using runtime = await remembering([[calls("ping"), ...notes], [says("They met.")], [says("3")]], {
      tools: [{ ...ping, execute: run }],
    });
    await eventsOf(runtime.agent, inputOf(conversation));
    expect(run).not.toHaveBeenCalled();
    expect((await runtime.memory.readLongTerm())?.match(/^- Fact \d+$/gm)).toHaveLength(20);
  });

  test("a tool `remember` of the agent's own is the one that is called", async () => {
    const notes: unknown[] = [];
    const own: ToolDefinition = {
      name: "remember",
      description: "",
      parameters: { note: { type: "string", description: "" } },
      execute: (input) => {
        notes.push(input);
        return { success: true, output: "" };
      },
    };
    const { agent, provider } = scripted([[note("Likes tea")], [says("They met.")], [says("3")]], {
      tools: [own],
    });
    await eventsOf(agent, inputOf(conversation));
    expect(notes).toEqual([{ note: "Likes tea" }]);
    expect(provider.requests[0]?.tools).toEqual(provider.requests[2]?.tools);
  });

  test.each<[string, ScriptStep, Partial<AgentRuntimeOptions>, RegExp]>([
    ["a model that fails", [fails(no)], {}, /^no$/],
    ["a bad note", [note("")], {}, /^A note could not be kept before a compaction\. The input is not valid/],
    [
      "a rule that denies it",
      [note("x")],
      { approval: () => "deny" },
      /calls of remember are denied by a rule\.$/,
    ],
    [
      "a rule that would ask",
      [note("x")],
      { approval: () => "ask" },
      /nobody can be asked here\. Tell the user\.$/,
    ],
    [
      "a note that the token limit cut",
      [note("x"), ends("max_tokens")],
      {},
      /reached its limit of 0 tokens in the middle of this call/,
    ],
  ])(
    "%s keeps nothing, goes to `onError`, and the conversation is summarized",
    async (_, step, options, message) => {
      await using runtime = await remembering([step, [says("They met.")], [says("3")]], options);
      const decision = async () => "once" as const;
      const events = await eventsOf(runtime.agent, inputOf(conversation, { decision }));
      expect(outline(events)[1]).toBe("compaction They met.");
      expect(outline(events).at(-1)).toBe("run_end completed");
      expect(runtime.errors()).toEqual([expect.stringMatching(message)]);
      expect(await runtime.memory.readLongTerm()).toBeUndefined();
    },
  );
});

describe("a summary that does not come", () => {
  test.each<[string, ScriptStep, string]>([
    ["because the model fails", [fails(no)], "no"],
    [
      "because the answer is empty",
      [says(" ")],
      "The model returned no summary of the conversation (end_turn).",
    ],
    [
      "because the model declines",
      [says("I"), ends("refusal")],
      "The model returned no summary of the conversation (refusal).",
    ],
    [
      "because the token limit cut it short",
      [says("They said"), ends("max_tokens")],
      "The model returned no summary of the conversation (max_tokens).",
    ],
  ])("%s leaves the run as it would be without", async (_, step, message) => {
    const onError = vi.fn<(error: unknown) => void>();
    const { agent, said } = scripted([step, [says("3")]], { onError });
    expect(outline(await eventsOf(agent, inputOf(conversation)))).toEqual([
      "run_start",
      "chunk 3",
      "assistant_message 3",
      "message_done 3",
      "run_end completed",
    ]);
    expect(said(1)).toEqual(["user one", "assistant 1", "user two", "assistant 2", "user three"]);
    expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual([message]);
  });

  test("is remembered for at most 1,000 sessions, so an old session tries again", async () => {
    const provider = createScriptedProvider(({ messages }) =>
      messages.at(-1)?.role === "system" ? [fails(no)] : [says("ok")],
    );
    const { agent } = scripted([], { provider });
    /** Runs a session and returns the number of its requests. */
    const requestsOf = async (sessionId: string) => {
      const before = provider.requests.length;
      await eventsOf(agent, inputOf(conversation, { sessionId }));
      return provider.requests.length - before;
    };
    const first = await requestsOf("session 1");
    for (let number = 2; number <= 1000; number += 1) await requestsOf(`session ${number}`);
    const remembered = await requestsOf("session 1");
    await requestsOf("session 1001");
    const forgotten = await requestsOf("session 1");
    expect({ first, remembered, forgotten }).toEqual({ first: 2, remembered: 1, forgotten: 2 });
  });

  test("because the run was stopped ends the run", async () => {
    const controller = new AbortController();
    const onError = vi.fn<(error: unknown) => void>();
    const { agent, provider } = scripted([[says("They"), hangs()]], { onError });
    const running = eventsOf(agent, inputOf(conversation, { signal: controller.signal }));
    await vi.waitUntil(() => provider.requests.length === 1, { timeout: 30_000 });
    controller.abort();
    expect(outline(await running)).toEqual(["run_start", "message_done ", "run_end aborted"]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("because its reader went away asks no other model", async () => {
    const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });
    const fallback = createScriptedProvider([[says("never")]]);
    const { agent } = scripted([[fails(busy)]], { fallbacks: [fallback] });
    for await (const event of agent.run(inputOf(conversation))) if (event.type === "retry") break;
    expect(fallback.requests).toEqual([]);
  });
});

describe("the cost of a summary", () => {
  const prices = { scripted: { input: 1, output: 0 } };
  const dollar = uses({ inputTokens: 1_000_000 });

  test("counts as the run's, and is no turn's", async () => {
    const memory = new MemoryManager({ workspaceDir: "/nowhere" });
    const script = [
      [says("nothing"), dollar],
      [says("They counted."), dollar],
      [says("3"), dollar],
    ];
    const { agent } = scripted(script, { prices, memory, maxRunTokens: Infinity });
    const events = await eventsOf(agent, inputOf(conversation));
    const ends = events.filter(({ type }) => type !== "chunk");
    const costs = ends.flatMap((event) => ("costUsd" in event ? [[event.type, event.costUsd]] : []));
    expect(costs).toEqual([
      ["assistant_message", 1],
      ["run_end", 3],
    ]);
  });

  test.each<[string, Partial<AgentRuntimeOptions>, number]>([
    ["the run ends when the summary has used it up", { maxRunTokens: 1_000_000 }, 1],
    ["money counts as well", { maxRunCostUsd: 0.5 }, 1],
  ])("%s", async (_, limits, requests) => {
    const { agent, provider } = scripted([[says("They counted."), dollar]], { prices, ...limits });
    const events = await eventsOf(agent, inputOf(conversation));
    expect(outline(events).at(-1)).toBe("run_end budget");
    expect(provider.requests).toHaveLength(requests);
  });

  test("is not made when its limit is too low, and the run continues without", async () => {
    const memory = new MemoryManager({ workspaceDir: "/nowhere" });
    const { agent, said } = scripted([[says("3")]], { maxRunTokens: 100, memory });
    expect(outline(await eventsOf(agent, inputOf(conversation))).at(-1)).toBe("run_end completed");
    expect(said(0)).toEqual(["user one", "assistant 1", "user two", "assistant 2", "user three"]);
  });

  test("the next request is estimated by itself, because it is so much shorter", async () => {
    const half = uses({ inputTokens: 600_000 });
    const { agent } = scripted([[says("They counted."), half], [says("3")]], { maxRunTokens: 1_000_000 });
    expect(outline(await eventsOf(agent, inputOf(conversation))).at(-1)).toBe("run_end completed");
  });
});

describe("the messages that a run needs", () => {
  test.each<[Partial<AgentRuntimeOptions>, number]>([
    [{ maxContextMessages: 50 }, 50],
    [{ maxContextMessages: 50, compactAtShare: 0.8 }, 153],
    [{ maxContextMessages: 50, compactAtShare: 0.8, maxToolCalls: 20, maxToolRounds: 5 }, 68],
    [{ maxContextMessages: 50, compactAtShare: 0.1, maxToolCalls: 1, maxToolRounds: 1 }, 50],
    [{ maxContextMessages: 50, compactAtShare: 0.8, maxToolCalls: Infinity }, 1000],
  ])("of %o are %i", (options, expected) => {
    expect(new AgentRuntime({ provider: createScriptedProvider([]), ...options }).neededMessages).toBe(
      expected,
    );
  });

  test("always hold the last summary, in a session of any length", async () => {
    const provider = createScriptedProvider(({ messages, toolChoice }) => {
      if (messages.map(shortly).at(-1) === "[sum up]") return [says("So far.")];
      const asked = messages.length - messages.findLastIndex(({ role }) => role === "user");
      const isTalking = toolChoice === "none" || asked > 12;
      return isTalking ? [says("ok")] : [calls("ping", { asked }), calls("ping", { asked, more: true })];
    });
    const limits = { maxContextMessages: 10, compactAtShare: 0.8, maxToolCalls: 12, maxToolRounds: 4 };
    const agent = new AgentRuntime({ provider, tools: [ping], ...limits });
    const transcript: Message[] = [];
    for (let run = 1; run <= 40; run += 1) {
      transcript.push(user(`question ${run}`));
      const given = transcript.slice(-agent.neededMessages);
      const last = transcript.findLastIndex((message) => message.role === "system");
      expect(last === -1 || given.includes(transcript[last] as Message)).toBe(true);
      transcript.push(...kept(await eventsOf(agent, inputOf(given))));
    }
    expect(transcript.filter(({ role }) => role === "system").length).toBeGreaterThan(10);
  });
});

test("a summary is asked for with the tools of the run, whose requests are in the server's cache", async () => {
  const { agent, provider } = scripted([[says("They met.")], [says("ok")]], {
    tools: [ping, createTaskTool()],
  });
  await eventsOf(agent, inputOf(conversation));
  const [summing, asking] = provider.requests;
  expect(asking?.tools.map(({ name }) => name)).toEqual(["ping"]);
  expect(summing?.tools).toEqual(asking?.tools);
});

test("a summary is asked for with the prompt of the run", async () => {
  const provider = createScriptedProvider([[says("They met.")], [says("ok")]]);
  const limits = { maxContextMessages: 8, compactAtShare: 0.5 };
  const agent = new AgentRuntime({ provider, tools: [ping, createTaskTool()], ...limits });
  await eventsOf(agent, inputOf(conversation));
  expect(provider.requests[0]?.system.stable).toBe(provider.requests[1]?.system.stable);
});

describe("explaining the context", () => {
  test("shows the summary as what it is, exactly as it is sent", async () => {
    const { agent, provider } = scripted([[says("ok")]]);
    const messages = [user("one"), user("two"), summary("They met."), assistant("2"), user("three")];
    const report = await agent.explainContext(messages);
    expect(report.sections.slice(1).map(({ name, source, text }) => [name, source, text])).toEqual([
      ["message 1: system", "compaction", "The conversation so far, summed up:\n\nThey met."],
      ["message 2: user", "transcript", "two"],
      ["message 3: assistant", "transcript", "2"],
      ["message 4: user", "transcript", "three"],
    ]);
    expect(report.isCompactionDue).toBe(false);
    await eventsOf(agent, inputOf(messages));
    expect(provider.requests[0]).toEqual(report.request);
  });

  test("reports that a run would summarize first, and returns the request without a summary", async () => {
    const { agent, provider } = scripted([[fails(no)], [says("ok")]]);
    const report = await agent.explainContext(conversation);
    expect(report.isCompactionDue).toBe(true);
    await eventsOf(agent, inputOf(conversation));
    expect(provider.requests[1]).toEqual(report.request);
  });
});
