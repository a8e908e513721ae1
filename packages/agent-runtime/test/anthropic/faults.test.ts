import {
  isMessageEntry,
  type Message,
  type ModelProvider,
  type RunEvent,
  toEntry,
} from "@mini-openclaw/protocol";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, MemoryManager } from "../../src/index.ts";
import { goesWithTheClock, passTheSilence } from "../clock.ts";
import { eventsOf, inputOf, NOW, outline, user } from "../collect.ts";
import { refusalsOf } from "./accepted.ts";
import {
  type Answer,
  answers,
  closeBlock,
  finish,
  messagesServer,
  openText,
  refuses,
  type SseEvent,
  sse,
  start,
  streams,
  textDelta,
  toolUse,
} from "./messages-server.ts";

const ping = {
  name: "ping",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};
const eventStream = { "content-type": "text/event-stream" };

/** Sends these events, then cuts the connection. */
function cuts(...events: readonly SseEvent[]): Answer {
  return (response) => {
    response.writeHead(200, eventStream);
    response.write(sse(...events), () => setImmediate(() => response.destroy()));
  };
}

/** Sends its headers, then nothing more. */
const hangsAfterHeaders: Answer = (response) => {
  response.writeHead(200, eventStream);
  response.flushHeaders();
  setImmediate(passTheSilence);
};

/** Sends a text, then nothing more. */
const hangsAfterText: Answer = (response) => {
  response.writeHead(200, eventStream);
  response.write(sse(start, openText, textDelta("Hush")));
};

function sends(text: string, type = "text/event-stream"): Answer {
  return (response) => response.writeHead(200, { "content-type": type }).end(text);
}

const half = [start, openText, textDelta("Hel")];
const streamError = (type: string) => ({ type: "error", error: { type, message: "sorry" } });
const call = toolUse(0, "toolu_1", "ping", "{}");

const ok = ["chunk Hello", "assistant_message Hello", "message_done Hello", "run_end completed"];
const failed = (code: string) => [`error ${code}`, "message_done ", "run_end failed"];
const retried = (code: string) => [`retry 1 ${code}`, ...ok];
const gaveUp = (code: string) => [`retry 1 ${code}`, ...failed(code)];
const broken = (code: string, text = "Hel") => [
  `chunk ${text}`,
  `assistant_message (interrupted) ${text}`,
  `error ${code}`,
  `message_done ${text}`,
  "run_end failed",
];
const answered = ["assistant_message  +ping", "tool_start toolu_1", "tool_done toolu_1 pong"];
const called = ["tool_input toolu_1 ping {}", ...answered];
const badCall = (text: string, written = text) => [
  `tool_input toolu_1 ping ${written}`,
  "assistant_message  +ping",
  "tool_start toolu_1",
  `tool_done toolu_1 error: The input is not a complete JSON object; the tool was not run. It began with: ${text}`,
];

type Fault = [name: string, answers: Answer[], events: string[]];

const faults: Fault[] = [
  [
    "429",
    [refuses(429, "rate_limit_error", "slow", { "retry-after-ms": "1" })],
    retried("MODEL_RATE_LIMITED"),
  ],
  [
    "429 for longer than a run may take",
    [refuses(429, "rate_limit_error", "slow", { "retry-after": "9999" })],
    failed("MODEL_RATE_LIMITED"),
  ],
  ["529", [refuses(529, "overloaded_error", "busy")], retried("MODEL_OVERLOADED")],
  ["503", [refuses(503, "api_error", "busy")], retried("MODEL_OVERLOADED")],
  ["overload behind another status", [refuses(500, "overloaded_error", "busy")], retried("MODEL_OVERLOADED")],
  ["500", [refuses(500, "api_error", "oh")], retried("MODEL_FAILED")],
  [
    "500 again and again",
    [refuses(500, "api_error", "oh"), refuses(500, "api_error", "oh")],
    gaveUp("MODEL_FAILED"),
  ],
  ["504", [refuses(504, "timeout_error", "late")], retried("MODEL_TIMEOUT")],
  ["401", [refuses(401, "authentication_error", "who?")], failed("MODEL_UNAUTHORIZED")],
  ["403", [refuses(403, "permission_error", "no")], failed("MODEL_UNAUTHORIZED")],
  ["400", [refuses(400, "invalid_request_error", "what?")], failed("MODEL_REJECTED")],
  ["404", [refuses(404, "not_found_error", "no model")], failed("MODEL_REJECTED")],
  ["413", [refuses(413, "request_too_large", "long")], retried("MODEL_CONTEXT_EXCEEDED")],
  [
    "an error that is not JSON",
    [(response) => response.writeHead(502).end("<h1>Bad Gateway</h1>")],
    retried("MODEL_FAILED"),
  ],
  ["a connection cut before the answer", [(response) => response.destroy()], retried("MODEL_UNREACHABLE")],
  ["a connection cut after the headers", [cuts()], retried("MODEL_UNREACHABLE")],
  ["a connection cut before any text", [cuts(start, openText)], retried("MODEL_UNREACHABLE")],
  ["a connection cut in the middle of the text", [cuts(...half)], broken("MODEL_UNREACHABLE")],
  [
    "a connection cut in a tool call",
    [cuts(start, ...call.slice(0, 2))],
    ["tool_input toolu_1 ping {}", ...retried("MODEL_UNREACHABLE")],
  ],
  [
    "a connection cut in the middle of an event",
    [sends(sse(start).slice(0, -9))],
    retried("MODEL_UNREACHABLE"),
  ],
  ["a stream that ends before the turn does", [streams(...half)], broken("MODEL_UNREACHABLE")],
  ["a stream without anything", [sends("")], retried("MODEL_UNREACHABLE")],
  ["an event that is not JSON", [sends("data: {oops\n\n")], retried("MODEL_FAILED")],
  ["an event that is no object", [sends("data: null\n\n")], retried("MODEL_UNREACHABLE")],
  [
    "an event of the wrong shape",
    [sends('data: {"type":"message_start"}\n\n')],
    retried("MODEL_UNREACHABLE"),
  ],
  [
    "an event that is not JSON, after text",
    [sends(`${sse(...half)}data: {oops\n\n`)],
    broken("MODEL_FAILED"),
  ],
  ["a page instead of a stream", [sends("<h1>Welcome</h1>", "text/html")], failed("MODEL_FAILED")],
  [
    "an overload in the stream, before text",
    [streams(start, streamError("overloaded_error"))],
    retried("MODEL_OVERLOADED"),
  ],
  [
    "an overload in the stream, after text",
    [streams(...half, streamError("overloaded_error"))],
    broken("MODEL_OVERLOADED"),
  ],
  ["no answer at all", [passTheSilence], retried("MODEL_TIMEOUT")],
  ["no answer again and again", [passTheSilence, passTheSilence], gaveUp("MODEL_TIMEOUT")],
  ["silence after the headers", [hangsAfterHeaders], retried("MODEL_TIMEOUT")],
  ["silence after text", [hangsAfterText], broken("MODEL_TIMEOUT", "Hush")],
  ["an empty answer", [streams(start, ...finish("end_turn"))], ["assistant_message ", ...ok]],
  ["an unknown stop reason", [streams(...half, textDelta("lo"), ...finish("tired"))], ok],
  [
    "an answer cut by the token limit",
    [streams(...half, ...finish("max_tokens"))],
    [
      "chunk Hel",
      "assistant_message Hel",
      "chunk Hello",
      "assistant_message Hello",
      "message_done HelHello",
      "run_end completed",
    ],
  ],
  [
    "a refusal",
    [streams(...half, closeBlock(), ...finish("refusal"))],
    ["chunk Hel", "assistant_message Hel", "message_done Hel", "run_end refused"],
  ],
  [
    "a pause",
    [streams(...half, closeBlock(), ...finish("pause_turn")), answers("lo")],
    [
      "chunk Hel",
      "assistant_message Hel",
      "chunk lo",
      "assistant_message lo",
      "message_done Hello",
      "run_end completed",
    ],
  ],
  [
    "a tool call whose input is not JSON",
    [streams(start, ...toolUse(0, "toolu_1", "ping", '{"a": '), ...finish("tool_use"))],
    [...badCall('{"a": '), ...ok],
  ],
  [
    "a pause behind a space",
    [streams(start, openText, textDelta("Hel "), closeBlock(), ...finish("pause_turn")), answers("lo")],
    [
      "chunk Hel ",
      "assistant_message Hel ",
      "chunk lo",
      "assistant_message lo",
      "message_done Hel lo",
      "run_end completed",
    ],
  ],
  [
    "a call of a tool that has no name for a tool",
    [streams(start, ...toolUse(0, "toolu_1", "fs.ping now", "{}"), ...finish("tool_use"))],
    [
      "tool_input toolu_1 fs.ping now {}",
      "assistant_message  +fs.ping now",
      "tool_start toolu_1",
      'tool_done toolu_1 error: There is no tool named "fs.ping now".',
      ...ok,
    ],
  ],
  [
    "half a character in a tool's input",
    [streams(start, ...toolUse(0, "toolu_1", "ping", '{"a":"\\ud83d"}'), ...finish("tool_use"))],
    ['tool_input toolu_1 ping {"a":"\\ud83d"}', ...answered, ...ok],
  ],
  [
    "an input that is not JSON, cut in the middle of a character",
    [streams(start, ...toolUse(0, "toolu_1", "ping", `${"x".repeat(199)}😀`), ...finish("tool_use"))],
    [...badCall("x".repeat(199), `${"x".repeat(199)}😀`), ...ok],
  ],
  [
    "a token limit inside a tool call",
    [streams(start, ...call, ...finish("max_tokens"))],
    [
      "tool_input toolu_1 ping {}",
      "assistant_message  +ping",
      "tool_start toolu_1",
      "tool_done toolu_1 error: Your answer reached its limit of 5 tokens in the middle of this call, so the call was not made. Write less at a time: split long content into several calls, each well below that limit.",
      ...ok,
    ],
  ],
  [
    "a failure after a tool",
    [streams(start, ...call, ...finish("tool_use")), refuses(500, "api_error", "oh")],
    [...called, ...retried("MODEL_FAILED")],
  ],
  [
    "a failure for good after a tool",
    [streams(start, ...call, ...finish("tool_use")), refuses(401, "authentication_error", "who?")],
    [...called, ...failed("MODEL_UNAUTHORIZED")],
  ],
];

/** The messages that a transcript of these events holds. */
function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

const limits = { tools: [ping], maxRetries: 1, retryBaseMs: 1 };
const compacting = { maxContextMessages: 2, compactAtShare: 0.5 };

/** The model of a server; after "Hush" comes more silence than a run puts up with. */
function providerOf(baseURL: string): ModelProvider {
  const provider = createAnthropicProvider({ apiKey: "sk-secret", model: "m", baseURL });
  return {
    ...provider,
    async *stream(request, options) {
      for await (const event of provider.stream(request, options)) {
        yield event;
        if (event.type === "text" && event.text === "Hush") passTheSilence();
      }
    },
  };
}

describe("a fault of the model's server ends the run as it should, and the session continues", () => {
  beforeEach(goesWithTheClock);
  afterEach(() => void vi.useRealTimers());

  test.each(faults)("%s", async (_, given, expected) => {
    await using server = await messagesServer(...given, answers("Hello"));
    const provider = providerOf(server.baseURL);

    const events = await eventsOf(new AgentRuntime({ provider, ...limits }), inputOf("hi"));

    expect(outline(events)).toEqual(["run_start", ...expected]);
    expect(JSON.stringify(events)).not.toContain("sk-secret");
    const second = [user("hi"), ...kept(events), user("again")];
    const next = await eventsOf(new AgentRuntime({ provider, tools: [ping] }), inputOf(second));
    expect(outline(next)).toEqual(["run_start", ...ok]);
    const third = [...second, ...kept(next), user("and again")];
    const last = await eventsOf(new AgentRuntime({ provider, tools: [ping], ...compacting }), inputOf(third));
    expect(outline(last)).toEqual(["run_start", "compaction Hello", ...ok]);
    expect(server.requests.map(refusalsOf)).toEqual(server.requests.map(() => []));
  });

  test.each(faults)("%s, while the conversation is summarized, fails no run", async (_, given) => {
    await using server = await messagesServer(...given, answers("Hello"));
    const provider = providerOf(server.baseURL);
    const memory = new MemoryManager({ workspaceDir: "/nowhere" });
    const agent = new AgentRuntime({ provider, memory, ...limits, ...compacting });
    const before = [user("one"), { role: "assistant" as const, content: "1", timestamp: 1 }];
    const events = await eventsOf(agent, inputOf([...before, user("two")]));
    const seen = outline(events).filter((line) => !/^(retry|compaction)/.test(line));
    expect(seen).toEqual(["run_start", ...ok]);
    expect(server.requests.map(refusalsOf)).toEqual(server.requests.map(() => []));
  });

  test("tools that the agent no longer has may have been called before", async () => {
    await using server = await messagesServer(
      streams(start, ...call, ...finish("tool_use")),
      answers("Hello"),
    );
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const events = await eventsOf(new AgentRuntime({ provider, tools: [ping] }), inputOf("hi"));
    const next = [user("hi"), ...kept(events), user("again")];
    expect(outline(await eventsOf(new AgentRuntime({ provider }), inputOf(next)))).toEqual([
      "run_start",
      ...ok,
    ]);
    expect(server.requests.map(refusalsOf)).toEqual([[], [], []]);
    expect(server.requests[2]?.body).toMatchObject({
      tools: [{ name: "ping" }],
      tool_choice: { type: "none" },
    });
  });

  test("calls of two turns may come with one id", async () => {
    const calling = streams(start, ...call, ...finish("tool_use"));
    await using server = await messagesServer(calling, calling, answers("Hello"));
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const lines = outline(await eventsOf(new AgentRuntime({ provider, tools: [ping] }), inputOf("hi")));
    expect(lines.slice(0, 5)).toEqual(["run_start", ...called]);
    const [, secondId] = /^tool_input (\S+) ping \{\}$/.exec(lines[5] ?? "") ?? [];
    expect(secondId).not.toBe("toolu_1");
    expect(lines[7]).toBe(`tool_start ${secondId}`);
    expect(lines.slice(-4)).toEqual(ok);
    expect(server.requests.map(refusalsOf)).toEqual([[], [], []]);
  });

  test("no server at all", async () => {
    const server = await messagesServer();
    await server[Symbol.asyncDispose]();
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const agent = new AgentRuntime({ provider, maxRetries: 1, retryBaseMs: 1 });
    expect(outline(await eventsOf(agent, inputOf("hi")))).toEqual([
      "run_start",
      ...gaveUp("MODEL_UNREACHABLE"),
    ]);
  });
});

test.each([
  ["seconds", "7", 7000],
  ["a date", new Date(NOW + 3_600_000).toUTCString(), 3_600_000],
])("the time to wait may be given as %s", async (_, header, delayMs) => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  onTestFinished(() => void vi.useRealTimers());
  await using server = await messagesServer(
    refuses(429, "rate_limit_error", "slow", { "retry-after": header }),
  );
  const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
  const events = await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));
  expect(events.find(({ type }) => type === "error")).toMatchObject({ retryAfterMs: delayMs });
});
