import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, type AgentRuntimeOptions, type ToolDefinition } from "../../src/index.ts";
import {
  calls,
  createRecorder,
  createReplayer,
  createScriptedProvider,
  describeModelProvider,
  fails,
  hangs,
  says,
  thinks,
} from "../../src/testing.ts";
import {
  answers,
  closeBlock,
  finish,
  messagesServer,
  openText,
  refuses,
  start,
  streams,
  textDelta,
  toolUse,
} from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

function forecast(output = "Rain."): ToolDefinition {
  return {
    name: "forecast",
    description: "The weather.",
    parameters: { city: { type: "string", description: "Name." } },
    execute: () => ({ success: true, output }),
  };
}

/** Records one run with a scripted model, and gives the file. */
async function recorded(
  directory: { path: string },
  script: Parameters<typeof createScriptedProvider>[0],
  options: Partial<AgentRuntimeOptions> = {},
  secrets: readonly (string | RegExp)[] = [],
) {
  const file = join(directory.path, "weather.jsonl");
  const provider = createRecorder(createScriptedProvider(script), { file, secrets });
  const events = await eventsOf(new AgentRuntime({ provider, ...options }), inputOf("Rome?"));
  return { file, events };
}

const askForecast = [says("Let me look."), calls("forecast", { city: "Rome" })];

describeModelProvider(
  "recorded",
  async (script) => {
    const directory = await temporaryDirectory();
    const file = join(directory.path, "suite.jsonl");
    const provider = createRecorder(createScriptedProvider(script), { file });
    return { provider, close: () => directory[Symbol.asyncDispose]() };
  },
  { describe, test },
);

describe("a recording", () => {
  test("of the Anthropic SDK and a real server plays again, with the server gone and at no cost", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "rome.jsonl");
    let live: string[];
    {
      await using server = await messagesServer(
        refuses(529, "overloaded_error", "busy"),
        streams(
          start,
          openText,
          textDelta("Let me "),
          textDelta("look."),
          closeBlock(),
          ...toolUse(1, "toolu_1", "forecast", '{"city":', '"Rome"}'),
          ...finish("tool_use"),
        ),
        answers("It rains."),
      );
      const { baseURL } = server;
      const model = createAnthropicProvider({ apiKey: "sk-ant-api03-verysecretkey", model: "m", baseURL });
      const provider = createRecorder(model, { file });
      const agent = new AgentRuntime({ provider, tools: [forecast()], retryBaseMs: 0 });
      live = outline(await eventsOf(agent, inputOf("Rome?")));
    }
    expect(live.slice(1, -1)).toEqual([
      "retry 1 MODEL_OVERLOADED",
      "chunk Let me look.",
      'tool_input toolu_1 forecast {"city":"Rome"}',
      "assistant_message Let me look. +forecast",
      "tool_start toolu_1",
      "tool_done toolu_1 Rain.",
      "chunk It rains.",
      "assistant_message It rains.",
      "message_done Let me look.It rains.",
    ]);

    const provider = createReplayer({ file });
    const agent = new AgentRuntime({ provider, tools: [forecast()], retryBaseMs: 0, now: () => 0 });
    expect(outline(await eventsOf(agent, inputOf("Rome?")))).toEqual(live);
    provider.assertComplete();
    expect(provider.model).toBe("m");
  });

  test("is a line for the whole and one for each turn, for its owner only", async () => {
    await using directory = await temporaryDirectory();
    const { file } = await recorded(directory, [askForecast, [says("It rains.")]], { tools: [forecast()] });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toMatchObject([
      { type: "recording", v: 1, model: "scripted", recordedAt: expect.any(Number) },
      {
        type: "turn",
        turn: 1,
        request: { messages: [{ role: "user", content: "Rome?" }] },
        events: [
          { type: "text", text: "Let me look." },
          { type: "turn", stopReason: "tool_use" },
        ],
      },
      {
        type: "turn",
        turn: 2,
        request: { messages: [{ role: "user" }, { role: "assistant" }, { role: "tool", content: "Rain." }] },
        events: [{ type: "text", text: "It rains." }, { type: "turn" }],
      },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("replaces the one before with its first turn, not earlier", async () => {
    await using directory = await temporaryDirectory({ "weather.jsonl": "old\n" });
    const file = join(directory.path, "weather.jsonl");
    createRecorder(createScriptedProvider([]), { file });
    expect(readFileSync(file, "utf8")).toBe("old\n");
    await recorded(directory, [[says("Hi.")]]);
    expect(readFileSync(file, "utf8")).not.toContain("old");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("names a stopped turn that cannot be kept, and ends no process", async () => {
    await using directory = await temporaryDirectory();
    const folder = join(directory.path, "gone");
    const file = join(folder, "stopped.jsonl");
    const provider = createRecorder(createScriptedProvider([[says("Once"), hangs()]]), { file });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const stop = new AbortController();
    const events: string[] = [];
    for await (const event of new AgentRuntime({ provider }).run(inputOf("hi", { signal: stop.signal }))) {
      events.push(...outline([event]));
      if (event.type !== "chunk") continue;
      rmSync(folder, { recursive: true });
      stop.abort();
    }
    expect(events.at(-1)).toBe("run_end aborted");
    expect((await warned).message).toMatch(/^The stopped turn could not be recorded: ENOENT.*stopped\.jsonl/);
  });

  test("keeps a turn that was stopped, which waits at the same place again", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "stopped.jsonl");
    const stopAtText = async (provider: AgentRuntimeOptions["provider"]) => {
      const controller = new AbortController();
      const events = [];
      const agent = new AgentRuntime({ provider });
      for await (const event of agent.run(inputOf("go", { signal: controller.signal }))) {
        events.push(event);
        if (event.type === "chunk") controller.abort();
      }
      return outline(events);
    };
    const live = await stopAtText(
      createRecorder(createScriptedProvider([[says("Once"), hangs()]]), { file }),
    );
    const provider = createReplayer({ file });
    expect(await stopAtText(provider)).toEqual(live);
    expect(live.at(-1)).toBe("run_end aborted");
    provider.assertComplete();
  });

  test("keeps a failure without a code, and a stream that ends without a turn", async () => {
    await using directory = await temporaryDirectory();
    const { file } = await recorded(directory, [[says("Half"), fails(new Error("lost"))]]);
    const onError = vi.fn<(error: unknown) => void>();
    const agent = new AgentRuntime({ provider: createReplayer({ file }), onError });
    expect(outline(await eventsOf(agent, inputOf("Rome?"))).at(-1)).toBe("run_end failed");
    expect(onError.mock.calls).toEqual([[new Error("lost")]]);

    const broken = { model: "m", stream: async function* () {} };
    for (const make of [() => createRecorder(broken, { file }), () => createReplayer({ file })]) {
      const agent = new AgentRuntime({ provider: make(), maxRetries: 0 });
      expect(outline(await eventsOf(agent, inputOf("go")))).toContain("error MODEL_FAILED");
    }
  });

  test("answers runs that go on at once, in whatever order they ask", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "two.jsonl");
    const echo = createScriptedProvider(({ messages }) => [says(`${messages[0]?.content}!`)]);
    const live = new AgentRuntime({ provider: createRecorder(echo, { file }) });
    await Promise.all([eventsOf(live, inputOf("a")), eventsOf(live, inputOf("b"))]);
    const provider = createReplayer({ file });
    const agent = new AgentRuntime({ provider });
    expect(outline(await eventsOf(agent, inputOf("b")))).toContain("chunk b!");
    expect(outline(await eventsOf(agent, inputOf("a")))).toContain("chunk a!");
    provider.assertComplete();
  });

  test.each([
    ["nothing", "", "weather.jsonl does not begin as a recording does."],
    ["no JSON", "hello\n", "weather.jsonl, line 1: this is not JSON. Record it again."],
    [
      "a later version",
      '{"type":"recording","v":2,"model":"m"}\n',
      "weather.jsonl, line 1: this is no record of a turn, or one of a later version. Record it again.",
    ],
    [
      "a turn cut short",
      '{"type":"recording","v":1,"model":"m"}\n{"type":"turn","turn":1,"req',
      "weather.jsonl, line 2: this is not JSON. Record it again.",
    ],
  ])("is rejected with the number of its wrong line if it has %s", async (_, content, message) => {
    await using directory = await temporaryDirectory({ "weather.jsonl": content });
    expect(() => createReplayer({ file: join(directory.path, "weather.jsonl") })).toThrow(message);
  });
});

describe("secrets are not written down", () => {
  const key = "sk-ant-api03-abcdefghijklmnop";

  test.each([
    ["a key of Anthropic's", `my key is ${key}.`, "my key is [secret]."],
    ["a token of GitHub's", `ghp_${"a1".repeat(20)} here`, "[secret] here"],
    ["a key of a cloud", "AKIAIOSFODNN7EXAMPLE", "[secret]"],
    ["a bearer", "Authorization: Bearer abcdef.ghijkl-mnopqr", "Authorization: Bearer [secret]"],
    ["basic credentials", "authorization: Basic dXNlcjpwYXNzd29yZA==", "authorization: Basic [secret]"],
    ["a JSON Web Token", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[secret]"],
    ["an assignment", "export DB_PASSWORD='hunter2hunter2'", "export DB_PASSWORD='[secret]'"],
    ["a field of JSON", '{"api_key": "0123456789abcdef", "a": 1}', '{"api_key": "[secret]", "a": 1}'],
    ["a field of JSON in JSON", '{\\"api_key\\": \\"0123456789abcdef\\"}', '{\\"api_key\\": \\"[secret]\\"}'],
    ["a password in an address", "postgres://ada:hunter2@db.local/x", "postgres://ada:[secret]@db.local/x"],
    [
      "a private key",
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter",
      "[secret]\nafter",
    ],
    ["but a number of tokens is", "maxTokens: 2_000_000, tokens=12345678", undefined],
    ["but an address without a password is", "http://127.0.0.1:3210/a@b:c", undefined],
    ["but a word is", "The token is a word; basic responsibilities", undefined],
  ])("%s", async (_, said, written = said) => {
    await using directory = await temporaryDirectory();
    const { file } = await recorded(directory, [[thinks(said), says(said)]]);
    const [, line = ""] = readFileSync(file, "utf8").split("\n");
    const { events } = JSON.parse(line) as { events: unknown[] };
    expect(events).toMatchObject([
      { type: "thinking", text: written },
      { type: "text", text: written },
      { type: "turn", content: written },
    ]);
  });

  test("while long texts of blanks and backslashes are", async () => {
    await using directory = await temporaryDirectory();
    const said = " ".repeat(100_000) + "\\".repeat(100_000);
    const { file } = await recorded(directory, [[says(said)]]);
    expect(readFileSync(file, "utf8")).toContain(JSON.stringify(said));
  });

  test("a secret that comes in pieces, in a call's input, from a tool, or in the environment", async () => {
    vi.stubEnv("MY_SERVICE_TOKEN", "correct-horse-battery");
    vi.stubEnv("DEPLOY_KEY", "staple-staple-staple");
    await using directory = await temporaryDirectory();
    const script = [
      [
        says("It is sk-ant-", "api03-abcd", "efghijklmnop", "!"),
        calls("forecast", { city: key, token: "x", passwords: ["y"] }),
      ],
      [says("My dog is Rex, not rex: RX-77 or RX-78; correct-horse-battery staple-staple-staple")],
    ];
    const tools = [forecast(`KEY=1 SECRET_KEY=${"s".repeat(10)}`)];
    const { file } = await recorded(directory, script, { tools }, ["Rex", /rx-\d+/i]);
    vi.unstubAllEnvs();
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/api03|abcd|efgh|Rex|RX-7|ssss|battery/);
    const [, first = "", second = ""] = text.split("\n");
    expect(JSON.parse(first)).toMatchObject({
      events: [
        { text: "It is [secret]" },
        { text: "" },
        { text: "" },
        { text: "!" },
        { toolCalls: [{ input: { city: "[secret]", token: "[secret]", passwords: ["[secret]"] } }] },
      ],
    });
    expect(JSON.parse(second)).toMatchObject({
      request: { messages: [{}, { content: "It is [secret]!" }, { content: "KEY=1 SECRET_KEY=[secret]" }] },
      events: [{ text: "My dog is [secret], not rex: [secret] or [secret]; [secret] [secret]" }, {}],
    });
  });

  test("and their absence is no drift", async () => {
    vi.stubEnv("MY_SERVICE_TOKEN", "correct-horse-battery");
    await using directory = await temporaryDirectory();
    const tools = [forecast(`token=${key} for Rex: correct-horse-battery`)];
    const { file } = await recorded(directory, [askForecast, [says("It rains.")]], { tools }, ["Rex"]);
    const provider = createReplayer({ file, secrets: ["Rex"] });
    const agent = new AgentRuntime({ provider, tools });
    expect(outline(await eventsOf(agent, inputOf("Rome?"))).at(-1)).toBe("run_end completed");
    vi.unstubAllEnvs();
    provider.assertComplete();
  });

  test.each(["", /x*/])("and a secret like %j, which is part of every text, is rejected", async (secret) => {
    const options = { file: "/nowhere", secrets: [secret] };
    expect(() => createRecorder(createScriptedProvider([]), options)).toThrow(/matches the empty text/);
  });
});

describe("a run that drifts from its recording fails with the difference", () => {
  const script = [askForecast, [says("It rains.")]];

  async function replay(
    directory: { path: string },
    options: Partial<AgentRuntimeOptions>,
    question = "Rome?",
    ignore: readonly (string | RegExp)[] = [],
  ) {
    const { file } = await recorded(directory, script, { tools: [forecast("Rain.\n12 °C")] });
    const provider = createReplayer({ file, ignore });
    const agent = new AgentRuntime({ provider, tools: [forecast("Rain.\n12 °C")], ...options });
    const events = await eventsOf(agent, inputOf(question));
    return { provider, outcome: outline(events).at(-1) };
  }

  test.each([
    [
      "another message",
      {},
      "Paris?",
      `Turn 1 is not what weather.jsonl has as turn 1:
  messages[0].content
    recorded: "Rome?"
    now:      "Paris?"`,
    ],
    [
      "another result of a tool",
      { tools: [forecast("Rain.\n13 °C")] },
      "Rome?",
      `Turn 2 is not what weather.jsonl has as turn 2:
  messages[2].content, line 2
    recorded: "12 °C"
    now:      "13 °C"`,
    ],
    [
      "a tool more",
      { tools: [forecast(), { ...forecast(), name: "tides" }] },
      "Rome?",
      `Turn 1 is not what weather.jsonl has as turn 1:
  system, line 14
    recorded: (nothing)
    now:      "- tides: The weather."
  tools.tides
    recorded: (nothing)
    now:      {"description":"The weather.","inputSchema":{"type":"object","properties":{"city":{"type":"string","description":"Name."}},"required":["city"]}}`,
    ],
    [
      "another system prompt",
      { identity: "You are somebody else." },
      "Rome?",
      `Turn 1 is not what weather.jsonl has as turn 1:
  system, line 3
    recorded: "You are Mini OpenClaw, a personal assistant that works in its user's workspace."
    now:      "You are somebody else."`,
    ],
  ])("%s", async (_, options, question, message) => {
    await using directory = await temporaryDirectory();
    const { provider, outcome } = await replay(directory, options, question);
    expect(outcome).toBe("run_end failed");
    expect(() => provider.assertComplete()).toThrow(new Error(message));
  });

  test("but another time, other ids, another machine and what is to be ignored are no drift", async () => {
    await using directory = await temporaryDirectory();
    const options = { tools: [forecast("Rain.\n14 °C")], now: () => 0 };
    const { provider, outcome } = await replay(directory, options, "Rome?", [/\d+ °C/]);
    expect(outcome).toBe("run_end completed");
    provider.assertComplete();
  });

  test("also for turns that are missing, and turns that were not recorded", async () => {
    await using directory = await temporaryDirectory();
    const { file } = await recorded(directory, [[says("Hi.")]]);
    const provider = createReplayer({ file });
    expect(() => provider.assertComplete()).toThrow("weather.jsonl has 1 turns; not asked for: 1.");
    const onError = vi.fn<(error: unknown) => void>();
    const agent = new AgentRuntime({ provider, onError });
    await eventsOf(agent, inputOf("Rome?"));
    provider.assertComplete();
    await eventsOf(agent, inputOf("Rome?"));
    const message = "weather.jsonl has 1 turns; the model was asked for turn 2.";
    expect(onError.mock.calls).toEqual([[new Error(message)]]);
    expect(() => provider.assertComplete()).toThrow(message);
  });
});
