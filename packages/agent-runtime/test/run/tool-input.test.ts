import type { ModelEvent, ModelProvider, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentError, AgentRuntime, defineTool } from "../../src/index.ts";
import { createScriptedProvider, says, writes } from "../../src/testing.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";

const echo = defineTool<{ text: string }>({
  name: "echo",
  description: "Says the text again.",
  parameters: { text: { type: "string", description: "The text." } },
  execute: ({ text }) => ({ success: true, output: text }),
});

/** A piece of the input of the first call, as a server names the call. */
const piece = (text: string, callId = "c1", index = 0): ModelEvent => ({
  type: "tool_input",
  index,
  callId,
  toolName: "echo",
  text,
});

const turn = (...callIds: string[]): ModelEvent => ({
  type: "turn",
  content: callIds.length > 0 ? "" : "Done.",
  toolCalls: callIds.map((callId) => ({ callId, toolName: "echo", input: { text: callId } })),
  stopReason: callIds.length > 0 ? "tool_use" : "end_turn",
  usage: noUsage,
});

const busy = new AgentError("MODEL_OVERLOADED", "The server is busy.", { retryable: true });

/** A model that emits the events of each request, or fails after them. */
function model(...requests: readonly (ModelEvent | Error)[][]): ModelProvider {
  let count = 0;
  return {
    model: "m",
    async *stream() {
      const events = requests[count] ?? [];
      count += 1;
      for (const event of events) {
        if (event instanceof Error) throw event;
        yield await Promise.resolve(event);
      }
    },
  };
}

function idsOf(events: readonly RunEvent[], type: "tool_input" | "tool_start"): string[] {
  return events.flatMap((event) => (event.type === type ? [event.callId] : []));
}

describe("the input of a tool call, while the model writes it", () => {
  test("comes before the message that has the whole call, under the ids of both", async () => {
    const provider = createScriptedProvider([
      [says("Look:"), writes("echo", '{"te', 'xt":"a"}')],
      [says("Done.")],
    ]);

    const events = await eventsOf(new AgentRuntime({ provider, tools: [echo] }), inputOf("hi"));

    expect(outline(events).slice(1, 6)).toEqual([
      "chunk Look:",
      'tool_input call_1_1 echo {"te',
      'tool_input call_1_1 echo xt":"a"}',
      "assistant_message Look: +echo",
      "tool_start call_1_1",
    ]);
    const message = events.find((event) => event.type === "assistant_message");
    expect(events[2]).toMatchObject({ messageId: message?.id, runId: "r1" });
  });

  test.each([
    ["of which the server names none", ["", ""]],
    ["with the id of an earlier call", ["old", "c1"]],
    ["that share an id", ["c1", "c1"]],
  ])("of calls %s, it has the ids that the calls get", async (_, [first = "", second = ""]) => {
    const provider = model(
      [piece("{", first), piece("{", second, 1), piece("}", first), turn(first, second)],
      [turn()],
    );
    const old = { callId: "old", toolName: "echo", input: {} };
    const before = [
      user("before"),
      { role: "assistant" as const, content: "", timestamp: 1, toolCalls: [old] },
      {
        ...{ role: "tool" as const, callId: "old", toolName: "echo", content: "", isError: false },
        timestamp: 1,
      },
      user("hi"),
    ];

    const events = await eventsOf(new AgentRuntime({ provider, tools: [echo] }), inputOf(before));

    const [one, two] = idsOf(events, "tool_start");
    expect(new Set(["", "old", one, two]).size).toBe(4);
    expect(idsOf(events, "tool_input")).toEqual([one, two, one]);
  });

  test("does not keep a failed request from being sent again, with calls of other ids", async () => {
    const provider = model([piece('{"text'), busy], [piece("{}"), turn("c1")], [turn()]);
    const agent = new AgentRuntime({ provider, tools: [echo], retryBaseMs: 0 });

    const events = await eventsOf(agent, inputOf("hi"));

    const [dropped, written] = idsOf(events, "tool_input");
    expect(outline(events).slice(1, 4)).toEqual([
      'tool_input c1 echo {"text',
      "retry 1 MODEL_OVERLOADED",
      `tool_input ${written} echo {}`,
    ]);
    expect(written).not.toBe(dropped);
    expect(idsOf(events, "tool_start")).toEqual([written]);
  });

  test("counts as tokens of an answer that was cut off", async () => {
    const refused = new AgentError("MODEL_UNAUTHORIZED", "No.", { retryable: false });
    const provider = model([piece('{"text":"a long text of many words"}'), refused]);

    const events = await eventsOf(new AgentRuntime({ provider, tools: [echo] }), inputOf("hi"));

    const end = events.at(-1);
    expect(end?.type === "run_end" && end.usage.outputTokens).toBeGreaterThan(5);
  });
});
