import { LLMock } from "@copilotkit/aimock";
import type { ModelProvider } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, createBuiltinTools } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

type Create = (url: string) => ModelProvider;

const apis: [string, Create][] = [
  [
    "the Messages API",
    (baseURL) => createAnthropicProvider({ apiKey: "test", model: "claude-sonnet-5-5", baseURL }),
  ],
  ["Chat Completions", (url) => createOpenAIProvider({ model: "gpt-4o", baseURL: `${url}/v1` })],
  ["the Responses API", (url) => createOpenAIResponsesProvider({ model: "gpt-5", baseURL: `${url}/v1` })],
];

/** A mock of all large servers, and an agent with the built-in tools that talks to it. */
async function createAgent(create: Create, prepare: (mock: LLMock) => void) {
  const workspace = await temporaryDirectory({ "notes.txt": "buy milk\n" });
  const mock = new LLMock({ port: 0, host: "127.0.0.1" });
  prepare(mock);
  await mock.start();
  const tools = createBuiltinTools(workspace.path);
  const agent = new AgentRuntime({ provider: create(mock.url), tools, retryBaseMs: 1 });
  return {
    agent,
    mock,
    async [Symbol.asyncDispose]() {
      await mock.stop();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

function withoutChunks(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^(?:chunk|tool_input|tool_output) /.test(line));
}

describe.each(apis)("aimock, over %s:", (_, create) => {
  const agentOn = (prepare: (mock: LLMock) => void) => createAgent(create, prepare);

  test("a plain question is answered in pieces", async () => {
    await using server = await agentOn((mock) =>
      mock.onMessage("hello", { content: "Hi there, how are you today?" }),
    );
    const events = await eventsOf(server.agent, inputOf("hello"));
    const chunks = events.flatMap((event) => (event.type === "chunk" ? [event.content] : []));
    expect(chunks.join("")).toBe("Hi there, how are you today?");
    expect(withoutChunks(outline(events))).toEqual([
      "run_start",
      "assistant_message Hi there, how are you today?",
      "message_done Hi there, how are you today?",
      "run_end completed",
    ]);
  });

  test("a tool is called, and its result goes back to the model", async () => {
    await using server = await agentOn((mock) => {
      mock.on(
        { userMessage: "files", hasToolResult: false },
        { toolCalls: [{ name: "list_files", arguments: "{}" }] },
      );
      mock.on({ userMessage: "files", hasToolResult: true }, { content: "You have notes.txt." });
    });
    const lines = withoutChunks(outline(await eventsOf(server.agent, inputOf("which files?"))));
    expect(lines.map((line) => line.replace(/(?:toolu|call)_[\w-]+/, "call"))).toEqual([
      "run_start",
      "assistant_message  +list_files",
      "tool_start call",
      "tool_done call notes.txt",
      "assistant_message You have notes.txt.",
      "message_done You have notes.txt.",
      "run_end completed",
    ]);
  });

  test("several rounds end in one answer", async () => {
    await using server = await agentOn((mock) => {
      const write = { file_path: "a.sh", content: "echo it works" };
      mock.on(
        { userMessage: "script", turnIndex: 0 },
        { toolCalls: [{ name: "write_file", arguments: JSON.stringify(write) }] },
      );
      mock.on(
        { userMessage: "script", turnIndex: 1 },
        { toolCalls: [{ name: "bash", arguments: '{"command":"sh a.sh"}' }] },
      );
      mock.on({ userMessage: "script", turnIndex: 2 }, { content: "It works." });
    });
    const lines = withoutChunks(outline(await eventsOf(server.agent, inputOf("write a script"))));
    expect(
      lines
        .filter((line) => !line.startsWith("tool_start"))
        .map((line) => line.replace(/(?:toolu|call)_[\w-]+/, "call")),
    ).toEqual([
      "run_start",
      "assistant_message  +write_file",
      "tool_done call Wrote 13 bytes to a.sh.",
      "assistant_message  +bash",
      "tool_done call it works\n",
      "assistant_message It works.",
      "message_done It works.",
      "run_end completed",
    ]);
  });

  test("a rate limit is waited for", async () => {
    await using server = await agentOn((mock) => {
      mock.onMessage("hello", { content: "Hi" });
      mock.nextRequestError(429, { message: "slow down", type: "rate_limit_error" });
    });
    const lines = withoutChunks(outline(await eventsOf(server.agent, inputOf("hello"))));
    expect(lines).toEqual([
      "run_start",
      "retry 1 MODEL_RATE_LIMITED",
      "assistant_message Hi",
      "message_done Hi",
      "run_end completed",
    ]);
  });

  test("a stream that is cut keeps what was shown", async () => {
    await using server = await agentOn((mock) =>
      mock.onMessage(
        "hello",
        { content: "one two three four five six seven eight nine ten" },
        { chunkSize: 4, latency: 5, truncateAfterChunks: 9 },
      ),
    );
    const events = await eventsOf(server.agent, inputOf("hello"));
    const shown = events.flatMap((event) => (event.type === "chunk" ? [event.content] : [])).join("");
    expect(shown).not.toBe("");
    expect(withoutChunks(outline(events))).toEqual([
      "run_start",
      `assistant_message (interrupted) ${shown}`,
      "error MODEL_UNREACHABLE",
      `message_done ${shown}`,
      "run_end failed",
    ]);
  });

  test("an abort ends the answer where it is", async () => {
    await using server = await agentOn((mock) =>
      mock.onMessage("hello", { content: "word ".repeat(200) }, { chunkSize: 5, latency: 5 }),
    );
    const controller = new AbortController();
    const lines: string[] = [];
    for await (const event of server.agent.run(inputOf("hello", { signal: controller.signal }))) {
      lines.push(...outline([event]));
      if (event.type === "chunk") controller.abort();
    }
    const shown = lines
      .filter((line) => line.startsWith("chunk "))
      .map((line) => line.slice(6))
      .join("");
    expect(withoutChunks(lines)).toEqual([
      "run_start",
      `assistant_message (aborted) ${shown}`,
      `message_done ${shown}`,
      "run_end aborted",
    ]);
  });
});
