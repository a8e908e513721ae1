import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { type AgentRunner, noUsage } from "@mini-openclaw/protocol";
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { afterEach, describe, expect, test } from "vitest";
import { callsOf, chatGateway, newest, type openChat, textOf, toolsAgent, until } from "./chat-gateway.ts";
import { gate } from "./gate.ts";

type TestChat = ReturnType<typeof openChat>;

const chats: TestChat[] = [];
const opened = (chat: TestChat) => {
  chats.push(chat);
  return chat;
};
afterEach(() => {
  for (const chat of chats.splice(0)) for (const socket of chat.sockets) socket.terminate();
});

const shapeOf = (chat: TestChat) =>
  chat.messages.map(({ role, parts }) => [role, ...parts.map(({ type }) => type)]);

describe("a message", () => {
  test("is answered with reasoning and text", async () => {
    const agent = scriptedAgent([[{ thinks: "Hm." }, { says: ["Hel", "lo."] }]]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());

    await chat.sendMessage({ text: "hi" });

    expect(chat.status).toBe("ready");
    expect(shapeOf(chat)).toEqual([
      ["user", "text"],
      ["assistant", "step-start", "reasoning", "text"],
    ]);
    expect(textOf(newest(chat))).toBe("Hello.");
    expect(newest(chat)?.metadata).toMatchObject({ outcome: "completed", seq: expect.any(Number) });
    expect(gateway.failures).toEqual([]);
  });

  test("continues the conversation of its chat, and no other one", async () => {
    const agent = scriptedAgent(["A", "B", "C"]);
    await using gateway = await chatGateway(agent);
    const one = opened(gateway.chat());
    const other = opened(gateway.chat({ id: "chat-2" }));

    await one.sendMessage({ text: "a" });
    await one.sendMessage({ text: "b" });
    await other.sendMessage({ text: "c" });

    expect(agent.inputs.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ["a"],
      ["a", "A", "b"],
      ["c"],
    ]);
  });

  test("has its files", async () => {
    const agent = scriptedAgent(["A cat."]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    const png =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const url = `data:image/png;base64,${png}`;

    await chat.sendMessage({
      text: "What is this?",
      files: [
        { type: "file", mediaType: "image/png", filename: "cat.png", url },
        { type: "file", mediaType: "text/plain", url: "data:text/plain,a%20note" },
      ],
    });

    expect(agent.inputs[0]?.messages[0]).toMatchObject({
      blocks: [
        { type: "image", mediaType: "image/png", name: "cat.png" },
        { type: "document", mediaType: "text/plain" },
        { type: "text", text: "What is this?" },
      ],
    });
    expect(textOf(newest(chat))).toBe("A cat.");
  });

  test.each([
    [
      "the address of a file elsewhere",
      "https://example.com/a.png",
      "`url` must be a data URL, or the address of a file of the chat with the id of its blob, got",
    ],
    ["broken percent-encoding", "data:text/plain,%E0%A4", "`url` must be a data URL, or the address of a"],
    [
      "the address of a file that the chat does not have",
      `/sessions/a/blobs/${"0".repeat(64)}`,
      '`url` of file 1 must be the id of a file of the session, got "0000',
    ],
  ])("with %s is refused", async (_what, url, message) => {
    await using gateway = await chatGateway(scriptedAgent([]));
    const chat = opened(gateway.chat());

    await chat.sendMessage({ text: "a", files: [{ type: "file", mediaType: "image/png", url }] });

    expect(chat.status).toBe("error");
    expect(chat.error?.message).toContain(message);
  });

  test("that is sent twice runs once, and both clients get the whole answer", async () => {
    const { opened: isFree, open } = gate();
    const agent = scriptedAgent([[{ says: ["One, "] }, { waits: isFree }, "two."]]);
    await using gateway = await chatGateway(agent);
    const [one, other] = [opened(gateway.chat()), opened(gateway.chat())];
    const message = { id: "message-1", role: "user" as const, parts: [{ type: "text" as const, text: "a" }] };

    const first = one.sendMessage(message);
    await until(one, () => textOf(newest(one)) === "One, ");
    const second = other.sendMessage(message);
    await until(other, () => textOf(newest(other)) === "One, ");
    open();
    await Promise.all([first, second]);
    const third = opened(gateway.chat());
    await third.sendMessage(message);

    expect(agent.inputs).toHaveLength(1);
    expect(one.messages).toEqual(other.messages);
    expect(textOf(newest(third))).toBe("One, two.");
    expect(newest(third)?.id).toBe(newest(one)?.id);
  });

  test("waits behind the run of another tab", async () => {
    const { opened: isFree, open } = gate();
    await using gateway = await chatGateway(scriptedAgent([[{ says: ["A"] }, { waits: isFree }], "B"]));
    const [one, other] = [opened(gateway.chat()), opened(gateway.chat())];
    const first = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "A");

    const queued: unknown[] = [];
    const second = opened(gateway.chat({ onData: (part) => void queued.push(part) }));
    const sent = second.sendMessage({ text: "b" });
    while (queued.length === 0) await new Promise((resolve) => void setImmediate(resolve));
    expect(second.status).toBe("submitted");
    open();
    await Promise.all([first, sent]);

    expect(queued).toMatchObject([{ type: "data-queued", data: { content: "b" } }]);
    expect(textOf(newest(second))).toBe("B");
    expect(other.messages).toEqual([]);
  });

  test("has a history of 1.5 MB in its frame", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A"]));
    const old = Array.from({ length: 150 }, (_, index) => ({
      id: `old-${index}`,
      role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
      parts: [{ type: "text" as const, text: "x".repeat(10_000) }],
    }));
    const chat = opened(gateway.chat({ messages: old }));

    await chat.sendMessage({ text: "a" });

    expect(textOf(newest(chat))).toBe("A");
  });
});

describe("tool calls", () => {
  const automatic = { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses };

  test("show their input, their progress and their output", async () => {
    const { opened: isFree, open } = gate();
    await using gateway = await chatGateway(toolsAgent(isFree));
    const chat = opened(gateway.chat());
    const sent = chat.sendMessage({ text: "clean up" });

    await until(chat, () => callsOf(newest(chat))["list"] === "output-available");
    const part = newest(chat)?.parts.find(({ type }) => type === "dynamic-tool");
    expect(part).toMatchObject({ input: { path: "." }, output: "a\n", preliminary: true });
    open();
    await sent;

    expect(newest(chat)?.parts.find(({ type }) => type === "dynamic-tool")).toMatchObject({ output: "a\nb" });
    expect(callsOf(newest(chat))).toEqual({ list: "output-available", rm: "approval-requested" });
    expect(chat.status).toBe("ready");
  });

  test.each([
    [true, "output-available"],
    [false, "output-denied"],
  ])("continue when a user has answered %s", async (approved, state) => {
    await using gateway = await chatGateway(toolsAgent());
    const chat = opened(gateway.chat(automatic));
    await chat.sendMessage({ text: "clean up" });

    await chat.addToolApprovalResponse({ id: "call-rm", approved });
    await until(chat, () => textOf(newest(chat)).endsWith("Done.") && chat.status === "ready");

    expect(callsOf(newest(chat))).toEqual({ list: "output-available", rm: state });
    expect(textOf(newest(chat))).toBe("Let me look.Done.");
    expect(chat.messages).toHaveLength(2);
  });

  test.each([
    [true, "output-available"],
    [false, "output-denied"],
  ])("continue after a reload when a user has answered %s", async (approved, state) => {
    await using gateway = await chatGateway(toolsAgent());
    const before = opened(gateway.chat());
    await before.sendMessage({ text: "clean up" });
    before.sockets[0]?.terminate();

    const chat = opened(gateway.chat({ ...automatic, messages: before.messages.slice(0, 1) }));
    await chat.resumeStream();
    expect(chat.messages).toEqual(before.messages);
    await chat.addToolApprovalResponse({ id: "call-rm", approved });
    await until(chat, () => textOf(newest(chat)).endsWith("Done.") && chat.status === "ready");

    expect(callsOf(newest(chat))).toEqual({ list: "output-available", rm: state });
    expect(newest(chat)?.id).toBe(newest(before)?.id);
  });

  test("that ask again while they run are decided again", async () => {
    const agent: AgentRunner = {
      async *run({ runId, signal, decision }) {
        const call = { callId: "c1", toolName: "boss", input: {} };
        yield { type: "run_start", runId, timestamp: 1 };
        yield { type: "assistant_message", runId, id: "a", content: "", toolCalls: [call], timestamp: 1 };
        yield { type: "tool_start", runId, ...call };
        for (const reason of ["first", "second"]) {
          yield { type: "approval_request", runId, callId: "c1", toolName: "boss", reason };
          const decided = (await decision?.("c1", { signal })) ?? "deny";
          yield { type: "approval_done", runId, callId: "c1", decision: decided };
        }
        const result = { id: "t", callId: "c1", toolName: "boss", output: "both", isError: false };
        yield { type: "tool_done", runId, ...result, timestamp: 1 };
        yield { type: "message_done", runId, content: "" };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
      },
    };
    await using gateway = await chatGateway(agent);
    const chat = gateway.chat({ sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses });
    await chat.sendMessage({ text: "go" });

    for (const reason of ["first", "second"]) {
      await until(chat, () => chat.status === "ready" && JSON.stringify(newest(chat)).includes(reason));
      await chat.addToolApprovalResponse({ id: "c1", approved: true });
    }
    await until(chat, () => chat.status === "ready" && JSON.stringify(newest(chat)).includes("both"));

    expect(callsOf(newest(chat))).toEqual({ boss: "output-available" });
  });

  test("show a decision that somebody else has made", async () => {
    await using gateway = await chatGateway(toolsAgent());
    const [one, other] = [opened(gateway.chat(automatic)), opened(gateway.chat(automatic))];
    await one.sendMessage({ text: "clean up" });
    await other.resumeStream();

    await one.addToolApprovalResponse({ id: "call-rm", approved: false });
    await until(one, () => textOf(newest(one)).endsWith("Done."));
    await other.addToolApprovalResponse({ id: "call-rm", approved: true });
    await until(other, () => textOf(newest(other)).endsWith("Done.") && other.status === "ready");

    expect(callsOf(newest(other))).toMatchObject({ rm: "output-denied" });
  });

  test("of an earlier answer are decided while the chat has a later message", async () => {
    await using gateway = await chatGateway(toolsAgent());
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "clean up" });
    await chat.addToolApprovalResponse({ id: "call-rm", approved: true });
    const later = { id: "later", role: "user" as const, parts: [{ type: "text" as const, text: "Well?" }] };
    chat.messages = [...chat.messages, later];

    await chat.sendMessage();

    expect(callsOf(chat.messages[1])).toEqual({ list: "output-available", rm: "output-available" });
    expect(chat.messages.map(textOf)).toEqual(["clean up", "Let me look.Done.", "Well?"]);
  });

  test("are sent by the transport itself while a later message waits for them", async () => {
    await using gateway = await chatGateway(toolsAgent());
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "clean up" });
    const answer = newest(chat);
    const waiting = chat.sendMessage({ text: "Well?" });
    await until(chat, () => chat.status === "submitted");

    const transport = new DefaultChatTransport({ api: gateway.api });
    const decided = chat.messages.map((message) => ({
      ...message,
      parts: message.parts.map((part) =>
        part.type === "dynamic-tool" && part.state === "approval-requested"
          ? {
              ...part,
              state: "approval-responded" as const,
              approval: { ...part.approval, approved: true },
            }
          : part,
      ),
    }));
    const request = { chatId: "chat-1", messages: decided, abortSignal: undefined };
    const stream = await transport.sendMessages({
      ...request,
      trigger: "submit-message",
      messageId: answer?.id,
    });
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(chunk.type);

    expect(chunks).toContain("tool-output-available");
    expect(chunks.at(-1)).toBe("finish");
    await until(chat, () => chat.status === "ready");
    await waiting;
    expect(callsOf(newest(chat))).toMatchObject({ rm: "approval-requested" });
  });

  test("of the client's own are refused", async () => {
    await using gateway = await chatGateway(scriptedAgent([]));
    const part = { type: "dynamic-tool" as const, toolName: "x", toolCallId: "y", input: {} };
    const messages = [
      {
        id: "run",
        role: "assistant" as const,
        parts: [{ ...part, state: "output-available" as const, output: 1 }],
      },
    ];
    const chat = opened(gateway.chat({ messages }));

    await chat.sendMessage();

    expect(chat.error?.message).toContain("Results of tools that run in the client are not accepted.");
  });
});
