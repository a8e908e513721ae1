import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";
import { refusalsOf } from "./accepted.ts";
import {
  type Answer,
  answers,
  finish,
  messagesServer,
  type SeenRequest,
  type SseEvent,
  sse,
  start,
  textDelta,
  toolUse,
} from "./messages-server.ts";

interface Block {
  type: string;
  signature?: string;
  cache_control?: unknown;
}

function unmarked(block: Block): Block {
  const { cache_control: _, ...plain } = block;
  return plain;
}

/**
 * A request up to a place among its messages, without what may be missing: thinking, and marks for
 * the cache. https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
 */
function prefix({ body }: SeenRequest, end = Infinity): unknown {
  const messages = (body["messages"] as { role: string; content: Block[] }[]).slice(0, end);
  const plain = messages.map(({ role, content }) => ({
    role,
    content: content.filter(({ type }) => !/thinking/.test(type)).map(unmarked),
  }));
  return { system: body["system"], tools: body["tools"], messages: plain };
}

/**
 * Returns what a server that binds thinking to its conversation would refuse: thinking behind
 * anything else than before.
 */
function foreignThinking(requests: readonly SeenRequest[]): string[] {
  return requests.flatMap((request, place) =>
    (request.body["messages"] as { content: Block[] }[]).flatMap(({ content }, end) =>
      content.flatMap(({ signature }) => {
        if (signature === undefined) return [];
        const origin = requests[Number(signature)] as SeenRequest;
        const isSame = JSON.stringify(prefix(request, end)) === JSON.stringify(prefix(origin));
        return isSame ? [] : [`request ${place} has the thinking of request ${signature}`];
      }),
    ),
  );
}

function thinkingIn({ body }: SeenRequest): number {
  return JSON.stringify(body["messages"]).match(/"type":"thinking"/g)?.length ?? 0;
}

/** Thinks, under the number of the request as its signature, then continues with these events. */
function thinks(...events: readonly SseEvent[]): (place: number) => Answer {
  const thinking = { type: "thinking", thinking: "", signature: "" };
  return (place) => (response) => {
    const signature = { type: "signature_delta", signature: String(place) };
    const all = [
      start,
      { type: "content_block_start", index: 0, content_block: thinking },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm." } },
      { type: "content_block_delta", index: 0, delta: signature },
      { type: "content_block_stop", index: 0 },
      ...events,
    ];
    response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(...all));
  };
}

const opened = { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } };
const says = (text: string, stopReason = "end_turn") =>
  thinks(opened, textDelta(text, 1), { type: "content_block_stop", index: 1 }, ...finish(stopReason));
const asks = (id: string, json = "{}") => thinks(...toolUse(1, id, "look", json), ...finish("tool_use"));

let clock = 0;
const look = {
  name: "look",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "x".repeat(4000) }),
};

async function conversation(...turns: readonly ((place: number) => Answer)[]) {
  const server = await messagesServer(...turns.map((turn, place) => turn(place)), answers("the end"));
  const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
  const agentOf = (options: Partial<AgentRuntimeOptions> = {}) =>
    new AgentRuntime({
      provider,
      tools: [look],
      now: () => Date.UTC(2026, 10, 22) + (clock += 60_000),
      ...options,
    });
  return { ...server, agentOf };
}

function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

describe("a model whose thinking is bound to what it was about", () => {
  test("gets it back within the run, and not in the next one, whose prompt is another", async () => {
    await using server = await conversation(
      asks("a"),
      asks("b", '{"n":1}'),
      says("one"),
      asks("c"),
      says("two"),
    );
    const agent = server.agentOf();
    const first = await eventsOf(agent, inputOf("hi"));
    await eventsOf(agent, inputOf([user("hi"), ...kept(first), user("again")]));
    expect(server.requests.map(thinkingIn)).toEqual([0, 1, 2, 0, 1]);
    expect(foreignThinking(server.requests)).toEqual([]);
    expect(server.requests.flatMap(refusalsOf)).toEqual([]);
  });

  test("gets it back when a user speaks into the run, until it has answered", async () => {
    await using server = await conversation(asks("a"), says("one"), asks("b"), says("two"));
    const waiting = [["look there too"], ["and now?"], [], []];
    const takeSteering = () =>
      (waiting.shift() ?? []).map((content) => ({ role: "user" as const, content, timestamp: 1 }));
    const events = await eventsOf(server.agentOf(), inputOf("hi", { takeSteering }));
    expect(outline(events).at(-1)).toBe("run_end completed");
    expect(server.requests.map(thinkingIn)).toEqual([0, 1, 0, 1]);
    expect(foreignThinking(server.requests)).toEqual([]);
  });

  test("gets it back in a turn that its server paused", async () => {
    await using server = await conversation(asks("a"), says("one", "pause_turn"), says("two"));
    await eventsOf(server.agentOf(), inputOf("hi"));
    expect(server.requests.map(thinkingIn)).toEqual([0, 1, 2]);
    expect(foreignThinking(server.requests)).toEqual([]);
  });

  test("does not get it back behind results that had to be trimmed", async () => {
    const many = Array.from({ length: 6 }, (_, n) => asks(`call_${n}`, `{"n":${n}}`));
    await using server = await conversation(...many, says("ok"));
    await eventsOf(server.agentOf({ maxContextTokens: 4500 }), inputOf("hi"));
    expect(server.requests.map(thinkingIn)).toEqual([0, 1, 2, 3, 4, 0, 0]);
    expect(foreignThinking(server.requests)).toEqual([]);
  });

  test("has the same tools all through a run; a new one is there in the next", async () => {
    await using server = await conversation(asks("a"), says("one"), says("two"));
    const agent = server.agentOf();
    const events: RunEvent[] = [];
    for await (const event of agent.run(inputOf("hi"))) {
      events.push(event);
      if (event.type === "tool_start") agent.registerTool({ ...look, name: "late" });
    }
    await eventsOf(agent, inputOf([user("hi"), ...kept(events), user("again")]));
    expect(server.requests.map(({ body }) => (body["tools"] as unknown[]).length)).toEqual([1, 1, 2]);
    expect(foreignThinking(server.requests)).toEqual([]);
  });

  test("gets none behind a summary", async () => {
    await using server = await conversation(asks("a"), says("one"), says("So far."), asks("b"), says("two"));
    const agent = server.agentOf({ maxContextMessages: 4, compactAtShare: 0.5 });
    const first = kept(await eventsOf(agent, inputOf("hi")));
    const second = await eventsOf(agent, inputOf([user("hi"), ...first, user("again")]));
    expect(outline(second)).toContain("compaction So far.");
    expect(server.requests.map(thinkingIn)).toEqual([0, 1, 0, 0, 1]);
    expect(foreignThinking(server.requests)).toEqual([]);
    expect(server.requests.flatMap(refusalsOf)).toEqual([]);
  });
});
