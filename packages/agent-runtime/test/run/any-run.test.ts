import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError, AgentRuntime, type AgentRuntimeOptions, type ToolDefinition } from "../../src/index.ts";
import { toRequest } from "../../src/providers/anthropic/to-request.ts";
import {
  calls,
  callsBadly,
  createScriptedProvider,
  ends,
  fails,
  type ScriptStep,
  says,
  thinks,
} from "../../src/testing.ts";
import { refusalsOf } from "../anthropic/accepted.ts";
import { inputOf, outline, user } from "../collect.ts";

const tool = (name: string, fields: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name,
  description: "",
  parameters: {},
  execute: async (_, { progress }) => {
    progress("…");
    return { success: true, output: "" };
  },
  ...fields,
});
const throws = () => {
  throw new Error("oops");
};
const tools = [
  tool("plain"),
  tool("single", { sequential: true }),
  tool("asks", { approval: "ask" }),
  tool("throws", { execute: throws }),
];

const toolName = fc.constantFrom(...tools.map(({ name }) => name), "no tool");
const callId = fc.constantFrom("", "a", "b", "c:1");
const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", " ", "b ", "\n").map((text) => says(text)) },
  { weight: 1, arbitrary: fc.constant(thinks("Hm.")) },
  { weight: 4, arbitrary: fc.tuple(toolName, callId).map(([name, id]) => calls(name, {}, id)) },
  { weight: 1, arbitrary: fc.tuple(toolName, callId).map(([name, id]) => callsBadly(name, "{", id)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(new Error("boom"), new AgentError("MODEL_OVERLOADED", "busy", { retryable: true }))
      .map(fails),
  },
  { weight: 1, arbitrary: fc.constantFrom("refusal", "max_tokens", "pause_turn", "tired").map(ends) },
);
const step: fc.Arbitrary<ScriptStep> = fc.array(part, { maxLength: 4 });

const options: fc.Arbitrary<Partial<AgentRuntimeOptions>> = fc.record({
  maxToolRounds: fc.constantFrom(0, 1, 4),
  maxToolCalls: fc.constantFrom(1, 50),
  maxContextMessages: fc.constantFrom(1, 3, 50),
  maxContextTokens: fc.constantFrom(5, 10_000),
  maxRunTokens: fc.constantFrom(60, 100_000),
});
const runs = fc.array(
  fc.record({
    says: fc.constantFrom("hi", " "),
    steering: fc.constantFrom([], ["more"]),
    decision: fc.constantFrom("once" as const, "session" as const, "deny" as const),
    stopAfter: fc.option(fc.nat(10)),
  }),
  { minLength: 2, maxLength: 3 },
);

const textOf = (events: readonly RunEvent[], type: "chunk" | "assistant_message") =>
  events.flatMap((event) => (event.type === type && "content" in event ? [event.content] : [])).join("");

function toMessages(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

test("whatever a model does, a run ends once, each call has one result, and the next request is accepted", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 20 }),
    options,
    runs,
    async (steps, given, all) => {
      const provider = createScriptedProvider((_, turn) => steps[turn - 1] ?? [says("ok")]);
      const agent = new AgentRuntime({ provider, tools, retryBaseMs: 0, ...given });
      let messages: Message[] = [];
      for (const { says: content, steering, decision, stopAfter } of all) {
        const controller = new AbortController();
        const waiting = steering.map((text) => ({ role: "user" as const, content: text, timestamp: 1 }));
        messages = [...messages, user(content)];
        const events: RunEvent[] = [];
        const input = inputOf(messages, {
          signal: controller.signal,
          takeSteering: () => waiting.splice(0, 1),
          decision: async () => decision,
        });
        for await (const event of agent.run(input)) {
          events.push(event);
          if (events.length === stopAfter) controller.abort();
        }
        messages.push(...toMessages(events));

        const lines = outline(events).map((line) => line.split(" ")[0]);
        expect(lines[0]).toBe("run_start");
        expect(lines.slice(-2)).toEqual(["message_done", "run_end"]);
        expect(lines.filter((line) => line === "run_end")).toHaveLength(1);
        expect(events.at(-2)).toMatchObject({ content: textOf(events, "chunk") });
        expect(textOf(events, "assistant_message")).toBe(textOf(events, "chunk"));
        const asked = events.flatMap((event) =>
          event.type === "assistant_message" ? (event.toolCalls ?? []).map((call) => call.callId) : [],
        );
        const answered = events.flatMap((event) => (event.type === "tool_done" ? [event.callId] : []));
        expect(answered).toHaveLength(asked.length);
        expect(new Set(answered)).toEqual(new Set(asked));
        expect(new Set(asked).size).toBe(asked.length);
        const isCompleted = outline(events).at(-1) === "run_end completed";
        expect(isCompleted && waiting.length > 0).toBe(false);
      }
      const sent = provider.requests.map((request) =>
        toRequest(request, { model: "scripted", maxTokens: 9 }),
      );
      expect(sent.flatMap((body) => refusalsOf({ body: structuredClone({ ...body }), headers: {} }))).toEqual(
        [],
      );
    },
  );
  await fc.assert(property, { numRuns: 150, seed: 1 });
});
