import type { Message, ModelEvent, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { ContextWindow } from "../../src/context/context-window.ts";
import { AgentError, AgentRuntime } from "../../src/index.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";

const image = { type: "image" as const, mediaType: "image/png", data: "QUJD" };
const pdf = { type: "document" as const, mediaType: "application/pdf", data: "A".repeat(400_000) };
const long = "x".repeat(2000);
const talk = Array.from({ length: 10 }, (_, n): Message[] => [
  user(`question ${n} ${long}`),
  { role: "assistant", content: `answer ${n} ${long}`, timestamp: 1 },
]).flat();

/** A model that counts and refuses as `answer` does. Keeps its requests. */
function modelThat(answer: (request: ModelRequest) => number | Error) {
  const requests: ModelRequest[] = [];
  const provider: ModelProvider = {
    model: "m",
    async *stream(request): AsyncIterableIterator<ModelEvent, void, void> {
      requests.push({ ...request, messages: [...request.messages] });
      const given = answer(request);
      if (given instanceof Error) throw given;
      const usage = { inputTokens: given, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
      yield { type: "turn", content: "ok", toolCalls: [], stopReason: "end_turn", usage };
    },
  };
  return { provider, requests };
}

function tooLong(status: number): AgentError {
  const cause = Object.assign(new Error("refused"), { status });
  return new AgentError("MODEL_CONTEXT_EXCEEDED", "too long", { cause });
}

test.each<[string, number, Message, boolean]>([
  ["the bytes of one", 413, user(`BIG ${long}`), true],
  ["a file of one", 400, { role: "user", content: "BIG", blocks: [image], timestamp: 1 }, true],
  ["a text", 400, user(`BIG ${long}`), false],
])("%s too long: %i", async (_, status, big, isWhole) => {
  let refusals = 1;
  const isBig = ({ messages }: ModelRequest) => messages.some(({ content }) => content.startsWith("BIG"));
  const { provider, requests } = modelThat((request) =>
    isBig(request) && refusals-- > 0 ? tooLong(status) : 10,
  );
  const agent = new AgentRuntime({ provider, maxContextMessages: 100 });
  const first = await eventsOf(agent, inputOf([...talk.slice(0, 2), big], { sessionId: "one" }));
  expect(outline(first)).toContain("retry 1 MODEL_CONTEXT_EXCEEDED");
  await eventsOf(agent, inputOf([...talk, user("and?")], { sessionId: "other" }));
  expect(requests.at(-1)?.messages.length === talk.length + 1).toBe(isWhole);
  const again = await eventsOf(agent, inputOf([...talk.slice(0, 2), big], { sessionId: "one" }));
  expect(outline(again)).not.toContain("retry 1 MODEL_CONTEXT_EXCEEDED");
});

test("the tokens of a file say nothing of other conversations", async () => {
  const isPdf = ({ messages }: ModelRequest) => messages.some((message) => "blocks" in message);
  const { provider, requests } = modelThat((request) => (isPdf(request) ? 150_000 : 10));
  const agent = new AgentRuntime({ provider, maxContextMessages: 100, maxContextTokens: 20_000 });
  const message: Message = { role: "user", content: "Read.", blocks: [pdf], timestamp: 1 };
  await eventsOf(agent, inputOf([message], { sessionId: "one" }));
  await eventsOf(agent, inputOf([...talk, user("and?")], { sessionId: "other" }));
  expect(requests.at(-1)?.messages).toHaveLength(talk.length + 1);
});

test("of very many sessions, the limit of the oldest is forgotten", () => {
  const window = new ContextWindow(1000);
  for (let n = 0; n <= 1000; n += 1) window.shrink("m", 100, { sessionId: `s${n}`, isOwn: true });
  expect(window.limitFor("m", "s0")).toBe(1000);
  expect(window.limitFor("m", "s1")).toBe(60);
  expect(window.limitFor("m", "s1000")).toBe(60);
});
