import type { RunEvent } from "@mini-openclaw/protocol";
import type { UIMessageChunk } from "ai";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { RunFeed } from "../src/chunks/run-feed.ts";
import type { UiChunk } from "../src/index.ts";
import { chunksOf, event, messageOf, recorded } from "./read-chunks.ts";

const types = (chunks: readonly UiChunk[]) => chunks.map(({ type }) => type);
const whole = (...events: RunEvent[]) => recorded([event.user("hi"), event.start, ...events]);

/** A text, a tool with output, and another text. */
const long = whole(
  event.thinks("Hm"),
  event.thinks("m."),
  event.text("Let me "),
  event.text("look."),
  event.turn("Let me look.", "turn-1", event.calls("list")),
  event.toolStart("list"),
  event.toolOutput("list", "a\n"),
  event.toolDone("list", "a\nb"),
  event.text("Two files.", "turn-2"),
  event.turn("Two files.", "turn-2"),
  { type: "message_done", runId: "run-1", content: "Let me look.Two files." },
  event.end(),
);

test("is assignable to the chunks of the AI SDK", () => {
  expectTypeOf<UiChunk>().toExtend<UIMessageChunk>();
});

describe("the chunks of a run", () => {
  test("are text, reasoning and a tool with its output, and a step for each turn", async () => {
    const chunks = await chunksOf(long);

    expect(types(chunks)).toEqual([
      "start",
      "start-step",
      "reasoning-start",
      "reasoning-delta",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-delta",
      "text-end",
      "tool-input-available",
      "tool-output-available",
      "tool-output-available",
      "finish-step",
      "start-step",
      "text-start",
      "text-delta",
      "text-end",
      "finish-step",
      "finish",
    ]);
    expect(chunks[0]).toEqual({
      type: "start",
      messageId: "run-1",
      messageMetadata: { runId: "run-1", sessionId: "s" },
    });
    expect(chunks[11]).toMatchObject({ output: "a\n", preliminary: true });
    expect(chunks.at(-1)).toMatchObject({
      finishReason: "stop",
      messageMetadata: { outcome: "completed", seq: 14 },
    });
  });

  test("make the message that was said", async () => {
    const message = await messageOf(await chunksOf(long));

    expect(message).toMatchObject({ id: "run-1", role: "assistant" });
    expect(message.parts).toEqual([
      { type: "step-start" },
      { type: "reasoning", id: "turn-1:reasoning", text: "Hmm.", state: "done" },
      { type: "text", text: "Let me look.", state: "done" },
      {
        type: "dynamic-tool",
        toolName: "list",
        toolCallId: "call-list",
        input: { of: "list" },
        state: "output-available",
        output: "a\nb",
        providerExecuted: true,
      },
      { type: "step-start" },
      { type: "text", text: "Two files.", state: "done" },
    ]);
  });

  test("are whole where the agent streams nothing", async () => {
    const blocks = [{ type: "thinking" as const, text: "Hm." }];
    const chunks = await chunksOf(whole(event.turn("Yes.", "turn-1", { blocks }), event.end()));

    expect((await messageOf(chunks)).parts.slice(1)).toMatchObject([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "Yes." },
    ]);
  });

  test("have the rest of a turn whose last deltas are no longer kept", async () => {
    const chunks = await chunksOf(whole(event.text("One, "), event.turn("One, two."), event.end()));

    expect((await messageOf(chunks)).parts[1]).toMatchObject({ text: "One, two.", state: "done" });
  });

  test("begin a step with a turn that only calls tools", async () => {
    const turn = event.turn("", "turn-1", event.calls("list"));
    const chunks = await chunksOf(
      whole(turn, event.toolStart("list"), event.toolDone("list", ""), event.end()),
    );

    expect(types(chunks).slice(0, 3)).toEqual(["start", "start-step", "tool-input-available"]);
  });

  test("show a failed call with its error", async () => {
    const turn = event.turn("", "turn-1", event.calls("list"));
    const failed = event.toolDone("list", "no such folder", { isError: true });
    const message = await messageOf(
      await chunksOf(whole(turn, event.toolStart("list"), failed, event.end())),
    );

    expect(message.parts[1]).toMatchObject({ state: "output-error", errorText: "no such folder" });
  });

  test("show a call without a start, which a crash or an abort has ended", async () => {
    const turn = event.turn("", "turn-1", event.calls("list"));
    const failed = event.toolDone("list", "[aborted]", { isError: true });
    const message = await messageOf(await chunksOf(whole(turn, failed, event.end("aborted"))));

    expect(message.parts[1]).toMatchObject({ state: "output-error", input: { of: "list" } });
  });

  test("show a call that a rule has denied as denied, with the reason", async () => {
    const turn = event.turn("", "turn-1", event.calls("rm"));
    const denied = event.toolDone("rm", "Not allowed.", { isError: true, isDenied: true });
    const message = await messageOf(await chunksOf(whole(turn, denied, event.end())));

    expect(message.parts[1]).toMatchObject({
      state: "output-denied",
      approval: { id: "call-rm", approved: false, reason: "Not allowed." },
    });
  });

  test("have a message that was added to the run", async () => {
    const added = event.user("and b", "user-2");
    const chunks = await chunksOf(whole(event.text("a"), event.turn("a"), added, event.end()));

    expect((await messageOf(chunks)).parts.at(-1)).toEqual({
      type: "steering-message",
      id: "user-2",
      parts: [{ type: "text", text: "and b" }],
    });
  });

  test("have a summary of the conversation", async () => {
    const summary = {
      type: "compaction",
      runId: "run-1",
      id: "c",
      content: "Before.",
      timestamp: 1,
    } as const;
    const chunks = await chunksOf(whole(summary, event.text("a"), event.turn("a"), event.end()));

    expect((await messageOf(chunks)).parts[0]).toEqual({
      type: "data-compaction",
      id: "c",
      data: { content: "Before." },
    });
  });

  test("report a queued message and a new attempt, without a part in the message", async () => {
    const queued = { type: "message_queued", runId: "run-1", content: "hi", timestamp: 1 } as const;
    const retry = { type: "retry", runId: "run-1", attempt: 1, delayMs: 5, code: "MODEL_TIMEOUT" } as const;
    const events = [{ ...queued, sessionId: "s", seq: 1 }, ...whole(retry, event.end())];
    const chunks = await chunksOf(events);

    expect(types(chunks)).toEqual(["data-queued", "start", "data-retry", "finish"]);
    expect((await messageOf(chunks)).parts).toEqual([]);
  });

  test.each([
    ["completed", "stop"],
    ["aborted", "interrupted"],
    ["interrupted", "interrupted"],
    ["max_rounds", "length"],
    ["budget", "length"],
    ["loop_detected", "other"],
    ["refused", "content-filter"],
    ["failed", "error"],
  ] as const)("end a run that is %s with %s", async (outcome, finishReason) => {
    const chunks = await chunksOf(whole(event.end(outcome)));

    expect(chunks.at(-1)).toMatchObject({ type: "finish", finishReason, messageMetadata: { outcome } });
  });

  test("end with the error of a failed run, after its open part", async () => {
    const error = {
      type: "error",
      runId: "run-1",
      code: "MODEL_FAILED",
      message: "No.",
      retryable: true,
    } as const;
    const chunks = await chunksOf(whole(event.text("a"), error, event.end("failed")));

    expect(types(chunks).slice(-3)).toEqual(["text-end", "finish-step", "error"]);
    expect(chunks.at(-1)).toEqual({ type: "error", errorText: "MODEL_FAILED: No." });
  });

  test("end with the error that only the end of the run has", async () => {
    const failure = { code: "AGENT_FAILED", message: "No.", retryable: false };
    const end = { ...event.end("failed"), error: failure } as RunEvent;

    expect((await chunksOf(whole(end))).at(-1)).toEqual({ type: "error", errorText: "AGENT_FAILED: No." });
  });
});

describe("approvals", () => {
  const asking = [
    event.turn("", "turn-1", event.calls("list", "rm")),
    event.toolStart("list"),
    event.asks("rm"),
    event.toolDone("list", "a"),
  ];

  test("end the message when no shown call runs", async () => {
    const chunks = await chunksOf(whole(...asking));

    expect(types(chunks).slice(-5)).toEqual([
      "tool-input-available",
      "tool-approval-request",
      "tool-output-available",
      "finish-step",
      "finish",
    ]);
    expect(chunks.at(-1)).toEqual({
      type: "finish",
      finishReason: "tool-calls",
      messageMetadata: { seq: 6 },
    });
  });

  test.each([
    [
      "once",
      [event.toolStart("rm"), event.toolDone("rm", "gone")],
      { state: "output-available", output: "gone" },
    ],
    [
      "deny",
      [event.toolDone("rm", "Not allowed.", { isError: true, isDenied: true })],
      { state: "output-denied", approval: { approved: false } },
    ],
  ] as const)("continue the message after %s", async (decision, rest, part) => {
    const events = whole(
      ...asking,
      event.decided("rm", decision),
      ...rest,
      event.text("Done.", "turn-2"),
      event.turn("Done.", "turn-2"),
      event.end(),
    );
    const before = await messageOf(await chunksOf(events.slice(0, 6)));
    const continues = { runId: "run-1", after: 6 };
    const chunks = await chunksOf(events, { continues, pausesFrom: 7 });
    const message = await messageOf(chunks, before);

    expect(chunks[0]).toEqual({ type: "start", messageId: "run-1" });
    expect(message.parts.map(({ type }) => type)).toEqual([
      "step-start",
      "dynamic-tool",
      "dynamic-tool",
      "step-start",
      "text",
    ]);
    expect(message.parts[2]).toMatchObject(part);
  });

  test("are shown whole to a client that comes later, and end there", async () => {
    const chunks = await chunksOf(whole(...asking, event.decided("rm", "once")), { pausesFrom: 5 });

    // The call of the other tool ran until event 6.
    expect(chunks.at(-1)).toMatchObject({ type: "finish", messageMetadata: { seq: 6 } });
  });

  test("do not end the message again while a call that was answered waits for its turn", async () => {
    const both = event.turn("", "turn-1", event.calls("rm", "mv"));
    const events = whole(
      both,
      event.asks("rm"),
      event.asks("mv"),
      event.decided("rm", "once"),
      event.toolStart("rm"),
      event.toolDone("rm", "gone"),
      event.decided("mv", "once"),
      event.toolStart("mv"),
      event.toolDone("mv", "moved"),
      event.end(),
    );
    const answered = new Set(["call-rm", "call-mv"]);
    const chunks = await chunksOf(events, { continues: { runId: "run-1", after: 5 }, answered });

    expect(types(chunks).filter((type) => type === "finish")).toHaveLength(1);
    expect(types(chunks).filter((type) => type === "tool-output-available")).toHaveLength(2);
  });

  test("never end the message of a client that cannot continue it", async () => {
    const chunks = await chunksOf(whole(...asking), { pausesFrom: Number.POSITIVE_INFINITY });

    expect(types(chunks)).not.toContain("finish");
  });
});

describe("the input of a call", () => {
  const written = (toolName: string, ...pieces: string[]): RunEvent[] =>
    pieces.map((content) => ({
      type: "tool_input",
      runId: "run-1",
      messageId: "turn-1",
      callId: `call-${toolName}`,
      toolName,
      content,
    }));

  test("is shown while the model writes it, and once", async () => {
    const turn = event.turn("Hm.", "turn-1", event.calls("list"));
    const input = written("list", "", '{"of":', '"list"}');
    const rest = [turn, event.toolStart("list"), event.toolDone("list", "a"), event.end()];
    const chunks = await chunksOf(whole(event.text("Hm."), ...input, ...rest));

    expect(types(chunks).slice(4, 9)).toEqual([
      "text-end",
      "tool-input-start",
      "tool-input-delta",
      "tool-input-delta",
      "tool-input-available",
    ]);
    expect((await messageOf(chunks.slice(0, 7))).parts[2]).toMatchObject({ state: "input-streaming" });
    expect((await messageOf(chunks)).parts.slice(1)).toMatchObject([
      { type: "text", text: "Hm." },
      { toolCallId: "call-list", state: "output-available", input: { of: "list" }, output: "a" },
    ]);
  });

  test("is discarded with the attempt that wrote it", async () => {
    const retry = { type: "retry", runId: "run-1", attempt: 1, delayMs: 5, code: "MODEL_TIMEOUT" } as const;
    const events = whole(event.text("Hm."), ...written("rm", "{"), retry, event.turn("Hm."), event.end());
    const chunks = await chunksOf(events);

    expect((await messageOf(chunks)).parts.slice(1)).toEqual([{ type: "text", text: "Hm.", state: "done" }]);
  });

  test.each<[string, RunEvent[]]>([
    ["a turn that was cut off", [event.turn("", "turn-1", { partial: "aborted" }), event.end("aborted")]],
    ["a run that ends", [event.end("aborted")]],
  ])("is discarded with %s", async (_what, rest) => {
    const chunks = await chunksOf(whole(event.thinks("Hm."), ...written("rm", "{"), ...rest));

    expect((await messageOf(chunks)).parts.slice(1)).toMatchObject([{ type: "reasoning", text: "Hm." }]);
  });

  test("does not keep a client from an answer for another call of its turn", async () => {
    const turn = event.turn("Two.", "turn-1", event.calls("list", "rm", "mv"));
    const events = whole(
      event.text("Two."),
      ...written("list", "{}"),
      ...written("rm", "{}"),
      ...written("mv", "{}"),
      turn,
      event.toolStart("list"),
      event.toolDone("list", "a"),
      event.asks("rm"),
    );
    const message = await messageOf(await chunksOf(events));

    expect(message.parts.slice(1)).toMatchObject([
      { type: "text", text: "Two." },
      { toolCallId: "call-list", state: "output-available", output: "a" },
      { toolCallId: "call-rm", state: "approval-requested" },
    ]);
  });
});

test("sends the output of a running tool at once, and what comes after it together", () => {
  vi.useFakeTimers();
  const outputs: unknown[] = [];
  const feed = new RunFeed({
    emit: (chunk) => chunk.type === "tool-output-available" && outputs.push(chunk.output),
    onEnd: () => undefined,
  });
  try {
    const turn = event.turn("", "turn-1", event.calls("list"));
    for (const one of whole(turn, event.toolStart("list"))) feed.add(one);
    for (const piece of ["a", "b", "c"])
      feed.add(...(recorded([event.toolOutput("list", piece)]) as [never]));
    expect(outputs).toEqual(["a"]);
    vi.advanceTimersByTime(250);
    expect(outputs).toEqual(["a", "abc"]);
    vi.advanceTimersByTime(1000);
    expect(outputs).toEqual(["a", "abc"]);
  } finally {
    feed.close();
    vi.useRealTimers();
  }
});
