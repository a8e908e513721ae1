import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeBookSession } from "./book-session.ts";
import { startModelServer, toolCall } from "./model-server.ts";
import { connectSeedClient } from "./seed-client.ts";
import { startServer, temporaryDirectory } from "./server.ts";
import { hasJq, jq, readTranscript, transcriptPath } from "./transcript.ts";
import { startWaitingModelServer } from "./waiting-model-server.ts";

// The tutorial's four end-to-end tests, with its own client, the real server and the real
// SDK.
describe("the tutorial's end-to-end tests", () => {
  test("1. a plain question is streamed, and kept", async () => {
    await using directory = await temporaryDirectory();
    const pieces = ["你好！", "我是 Mini OpenClaw，", "你的个人助手。"];
    await using model = await startWaitingModelServer(pieces);
    await using server = await startServer(directory.path, model.env);
    await using client = await connectSeedClient(server.webSocketUrl);
    const { sessionId } = client;

    client.send({ type: "message", content: "你好，你是谁？" });

    for (const content of pieces) {
      expect(await client.next()).toMatchObject({ type: "chunk", sessionId, content });
      model.goOn();
    }
    const answer = pieces.join("");
    expect(await client.next()).toMatchObject({ type: "message_done", sessionId, content: answer });
    await server.stop();
    expect(readTranscript(directory.path, sessionId)).toMatchObject([
      { type: "session", v: 1, sessionId, key: "webchat" },
      { role: "user", content: "你好，你是谁？" },
      { role: "assistant", content: answer, stopReason: "end_turn" },
      { type: "run_end", outcome: "completed" },
    ]);
  });

  test("2. one tool call: started, done, its result in the transcript and before the model", async () => {
    await using directory = await temporaryDirectory();
    await using model = await startModelServer();
    const call = toolCall("toolu_1", "bash", { command: "echo from the shell" });
    model.mock.on({ hasToolResult: false }, { content: "Let me see.", toolCalls: [call] });
    model.mock.on({ hasToolResult: true }, { content: "It says: from the shell." });
    await using server = await startServer(directory.path, model.env);
    await using client = await connectSeedClient(server.webSocketUrl);

    const events = await client.ask("What does the shell say?");

    const { sessionId } = client;
    const tools = events.filter(({ type }) => type.startsWith("tool_"));
    expect(tools).toMatchObject([
      { type: "tool_start", sessionId, toolName: "bash" },
      { type: "tool_done", sessionId, toolName: "bash", output: "from the shell\n" },
    ]);
    expect(events.at(-1)).toMatchObject({ content: "Let me see.It says: from the shell." });
    await server.stop();
    expect(readTranscript(directory.path, sessionId).slice(1)).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: "Let me see.",
        toolCalls: [{ callId: "toolu_1", toolName: "bash", input: { command: "echo from the shell" } }],
      },
      { role: "tool", callId: "toolu_1", content: "from the shell\n", isError: false },
      { role: "assistant", content: "It says: from the shell." },
      { type: "run_end", outcome: "completed" },
    ]);
    // Mistake 3: the model sees the user message once. Mistake 4: it sees the call with its result.
    const seen = model.mock.getLastRequest()?.body as { messages: { role: string; content: unknown }[] };
    expect(seen.messages.filter(({ role }) => role !== "system").map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
    ]);
  });

  test("3. a file is written, then run, in several rounds", async () => {
    await using directory = await temporaryDirectory();
    await using model = await startModelServer();
    const file_path = "src/sum.js";
    const rounds = [
      toolCall("toolu_1", "write_file", { file_path, content: "console.log(6 * 7);\n" }),
      toolCall("toolu_2", "bash", { command: `node ${file_path}` }),
    ];
    for (const [sequenceIndex, call] of rounds.entries()) {
      model.mock.on({ userMessage: "program", sequenceIndex }, { toolCalls: [call] });
    }
    model.mock.on({ userMessage: "program" }, { content: "It prints 42." });
    await using server = await startServer(directory.path, model.env);
    await using client = await connectSeedClient(server.webSocketUrl);

    const events = await client.ask("Write a program and run it.");

    const tools = events.flatMap((event) =>
      event.type === "tool_done" ? [[event.toolName, event.output]] : [],
    );
    expect(tools).toEqual([
      ["write_file", expect.stringContaining(file_path)],
      ["bash", "42\n"],
    ]);
    expect(events.at(-1)).toMatchObject({ content: "It prints 42." });
    expect(await readFile(join(directory.path, file_path), "utf8")).toBe("console.log(6 * 7);\n");
  });

  test("4. what was remembered is known after a restart, in a new session", async () => {
    await using directory = await temporaryDirectory();
    await using model = await startModelServer();
    const note = toolCall("toolu_1", "write_file", {
      file_path: "MEMORY.md",
      content: "- The user's cat is called Mochi.\n",
    });
    model.mock.on({ userMessage: "Remember", hasToolResult: false }, { toolCalls: [note] });
    model.mock.on({ userMessage: "Remember", hasToolResult: true }, { content: "I will." });
    // Memory comes with the user's message, so that the system prompt stays in the model's cache.
    model.mock.on({ userMessage: "The user's cat is called Mochi" }, { content: "Mochi." });
    model.mock.on({ userMessage: "cat" }, { content: "I do not know." });
    const first = await startServer(directory.path, model.env);
    {
      await using client = await connectSeedClient(first.webSocketUrl);
      expect((await client.ask("What is my cat called?")).at(-1)).toMatchObject({
        content: "I do not know.",
      });
      expect((await client.ask("Remember that my cat is called Mochi.")).at(-1)).toMatchObject({
        content: "I will.",
      });
    }
    expect(await first.stop("SIGINT")).toBe(0);
    const sessions = join(directory.path, ".mini-openclaw", "sessions");
    await rename(sessions, `${sessions}.old`);

    await using second = await startServer(directory.path, model.env);
    await using client = await connectSeedClient(second.webSocketUrl);
    const events = await client.ask("What is my cat called?");

    expect(events.at(-1)).toMatchObject({ content: "Mochi." });
    const seen = model.mock.getLastRequest()?.body as { messages: { role: string }[] };
    expect(seen.messages.filter(({ role }) => role !== "system")).toHaveLength(1);
  });
});

test.skipIf(!hasJq())("jq reads every line of a transcript", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServer(directory.path);
  await using client = await connectSeedClient(server.webSocketUrl);

  await client.ask("List the files, please.");
  await server.stop();

  expect(jq(".role // .type", transcriptPath(directory.path, client.sessionId))).toEqual([
    "session",
    "user",
    "assistant",
    "tool",
    "assistant",
    "run_end",
  ]);
});

test("a transcript written in the tutorial's format is found, loaded and continued", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startModelServer();
  model.mock.onMessage("again", { content: "Again: total 0." });
  const before = await writeBookSession(directory.path);
  await using server = await startServer(directory.path, model.env);
  await using client = await connectSeedClient(server.webSocketUrl);

  expect(client.sessionId).toBe(before.sessionId);
  await client.ask("And again?");
  await server.stop();

  const seen = model.mock.getLastRequest()?.body as { messages: { role: string }[] };
  expect(seen.messages.filter(({ role }) => role !== "system").map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
  ]);
  const text = await readFile(transcriptPath(directory.path, before.sessionId), "utf8");
  expect(text.startsWith(before.text)).toBe(true);
  expect(
    text
      .slice(before.text.length)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { type: "session", sessionId: before.sessionId, key: "webchat", createdAt: 1_745_934_600_000 },
    { role: "user", content: "And again?" },
    { role: "assistant", content: "Again: total 0." },
    { type: "run_end", outcome: "completed" },
  ]);
});
