import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../src/anthropic.ts";
import {
  AgentRuntime,
  createBuiltinTools,
  createRememberTool,
  findSandbox,
  MemoryManager,
  runWithCallbacks,
  SkillsLoader,
  summarizeConversation,
} from "../src/index.ts";
import { connectMcpServers } from "../src/mcp.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../src/openai.ts";
import { createOpenTelemetryHooks } from "../src/opentelemetry.ts";
import { createRecorder, createReplayer, createScriptedProvider, says } from "../src/testing.ts";
import { eventsOf, inputOf } from "./collect.ts";

const provider = createScriptedProvider([]);
const model = { apiKey: "k", model: "m" };

/** Passes options that no type allows. */
function given<Options>(options: unknown): Options {
  return options as Options;
}

describe("rejects by name", () => {
  test.each<[mistake: string, call: () => unknown, name: string]>([
    ["an agent", () => new AgentRuntime(given({ provider, maxRounds: 3 })), "maxRounds"],
    ["an agent without options", () => new AgentRuntime(given(undefined)), "options"],
    ["tools that are no array", () => new AgentRuntime(given({ provider, tools: {} })), "tools"],
    ["an `onError` that is no function", () => new AgentRuntime(given({ provider, onError: 1 })), "onError"],
    ["an empty workspace", () => new AgentRuntime({ provider, workspaceDir: "" }), "workspaceDir"],
    ["an identity that is no text", () => new AgentRuntime(given({ provider, identity: 1 })), "identity"],
    ["an explanation", () => new AgentRuntime({ provider }).explainContext([], given({ prev: 1 })), "prev"],
    ["built-in tools", () => createBuiltinTools("/tmp", given({ hide: [] })), "hide"],
    ["built-in tools without a workspace", () => createBuiltinTools(given(undefined)), "workspaceDir"],
    ["built-in tools with null", () => createBuiltinTools("/tmp", given(null)), "options"],
    ["bash", () => createBuiltinTools("/tmp", { bash: given({ timeout: 1 }) }), "timeout"],
    [
      "commands in the background",
      () => createBuiltinTools("/tmp", { bash: { background: given({ max: 1 }) } }),
      "max",
    ],
    [
      "a limit of commands in the background",
      () => createBuiltinTools("/tmp", { bash: { background: { idleMs: -1 } } }),
      "background.idleMs",
    ],
    [
      "output of bash",
      () => createBuiltinTools("/tmp", { bash: { maxOutputChars: -1 } }),
      "bash.maxOutputChars",
    ],
    [
      "a variable of bash",
      () => createBuiltinTools("/tmp", { bash: { env: given({ PORT: 80 }) } }),
      "bash.env.PORT",
    ],
    ["variables of bash", () => createBuiltinTools("/tmp", { bash: { env: given("PORT=80") } }), "bash.env"],
    [
      "passed variables of bash",
      () => createBuiltinTools("/tmp", { bash: { passed: given("HOME") } }),
      "bash.passed",
    ],
    [
      "a passed variable of bash",
      () => createBuiltinTools("/tmp", { bash: { passed: given([1]) } }),
      "bash.passed[0]",
    ],
    ["a sandbox of bash", () => createBuiltinTools("/tmp", { bash: { sandbox: given({}) } }), "bash.sandbox"],
    ["days of logs", () => new AgentRuntime({ provider, dailyLogDays: Infinity }), "dailyLogDays"],
    ["a clock of a memory", () => new MemoryManager(given({ workspaceDir: "/tmp", now: 1 })), "now"],
    ["data of a memory", () => new MemoryManager(given({ workspaceDir: "/tmp", dataDir: 1 })), "dataDir"],
    ["a note", () => new MemoryManager({ workspaceDir: "/tmp" }).remember(given(undefined)), "note"],
    ["a log", () => new MemoryManager({ workspaceDir: "/tmp" }).appendDailyLog(given(undefined)), "entry"],
    [
      "directories of skills",
      () => new SkillsLoader(given({ workspaceDir: "/tmp", directories: "/skills" })),
      "directories",
    ],
    [
      "a directory of skills",
      () => new SkillsLoader(given({ workspaceDir: "/tmp", directories: [1] })),
      "directories[0]",
    ],
    ["what a sandbox hides", () => findSandbox(given({ hidden: "/srv/data" })), "hidden"],
    ["a path that a sandbox hides", () => findSandbox(given({ hidden: [""] })), "hidden[0]"],
    ["a sandbox's network", () => findSandbox(given({ network: "none" })), "network"],
    ["a summary's messages", () => summarizeConversation(given("hi"), given({ provider })), "messages"],
    ["a summary's model", () => summarizeConversation([], given({ provider: "qwen3:8b" })), "provider"],
    ["a summary's signal", () => summarizeConversation([], given({ provider })), "signal"],
    ["a memory", () => new MemoryManager(given({ workspace: "/tmp" })), "workspace"],
    ["a memory without a workspace", () => new MemoryManager(given({})), "workspaceDir"],
    ["skills", () => new SkillsLoader(given({ workspaceDir: "/tmp", folders: [] })), "folders"],
    ["remember without a memory", () => createRememberTool(given({})), "memory"],
    ["a search for a sandbox", () => findSandbox(given({ hide: [] })), "hide"],
    [
      "callbacks",
      () => runWithCallbacks(new AgentRuntime({ provider }), inputOf("hi"), given({ onText: 1 })),
      "onText",
    ],
    ["a summary", () => summarizeConversation([], given({ model: provider })), "model"],
    ["Anthropic", () => createAnthropicProvider(given({ ...model, baseUrl: "x" })), "baseUrl"],
    ["OpenAI", () => createOpenAIProvider(given({ ...model, max_tokens: 5 })), "max_tokens"],
    ["OpenAI's `fetch`", () => createOpenAIProvider(given({ ...model, fetch: "undici" })), "fetch"],
    ["Responses", () => createOpenAIResponsesProvider(given({ ...model, reasoning: 1 })), "reasoning"],
    ["OpenTelemetry", () => createOpenTelemetryHooks(given({ provider: "openai" })), "provider"],
    ["MCP servers", () => connectMcpServers({}, given({ workspaceDir: "/tmp", timeoutMs: 1 })), "timeoutMs"],
    ["a recorder", () => createRecorder(provider, given({ path: "x" })), "path"],
    ["a recorder without a file", () => createRecorder(provider, given({})), "file"],
    ["a replayer", () => createReplayer(given({ file: "x", ignored: [] })), "ignored"],
    [
      "secrets of a recorder",
      () => createRecorder(provider, given({ file: "x", secrets: "key" })),
      "secrets",
    ],
    ["what a replayer ignores", () => createReplayer(given({ file: "x", ignore: /x/ })), "ignore"],
    ["a script", () => createScriptedProvider([], given({ name: "x" })), "name"],
  ])("an option of %s", async (_mistake, call, name) => {
    const failure = await Promise.resolve()
      .then(call)
      .then(
        () => undefined,
        (error: unknown) => error,
      );

    expect(failure).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(
        new RegExp(`^\`${name.replace(/[[\]]/g, "\\$&")}\` (?:is no option of|must be)`),
      ),
    });
  });

  test("an option of a run, which fails", async () => {
    const errors: unknown[] = [];
    const agent = new AgentRuntime({
      provider: createScriptedProvider([[says("ok")]]),
      onError: (error) => errors.push(error),
    });
    const events = await eventsOf(agent, inputOf("hi", { options: given({ effrot: "low" }) }));

    expect(events.at(-1)).toMatchObject({ type: "run_end", outcome: "failed" });
    expect(errors).toEqual([
      expect.objectContaining({
        code: "INVALID_OPTION",
        message:
          "`effrot` is no option of `run({ options })`. Its options are effort, temperature, thinking, headers, extraBody. " +
          "The closest is `effort`.",
      }),
    ]);
  });

  test("a tool that is no definition, or has no `execute`", () => {
    const tool = { name: "ping", description: "", parameters: {} };

    expect(() => new AgentRuntime(given({ provider, tools: [undefined] }))).toThrow(
      expect.objectContaining({ code: "INVALID_TOOL" }),
    );
    expect(() => new AgentRuntime(given({ provider, tools: [tool] }))).toThrow(
      "`execute` must be a function in the tool ping, got nothing.",
    );
  });
});
