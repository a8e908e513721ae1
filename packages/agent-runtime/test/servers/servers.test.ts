import { readFileSync } from "node:fs";
import {
  isMessageEntry,
  type Message,
  type ModelProvider,
  type RunEvent,
  toEntry,
} from "@mini-openclaw/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { messagesServer } from "../anthropic/messages-server.ts";
import { inputOf, outline, user } from "../collect.ts";
import { type ModelAnswer, servers } from "./strict-servers.ts";

const note = {
  name: "note",
  description: "Notes a text.",
  parameters: { x: { type: "string", description: "The text." } },
  execute: ({ x }: Record<string, unknown>) => ({ success: true, output: `noted ${String(x)} `.repeat(20) }),
};

const call = (x: string) => ({ name: "note", input: { x } });

/** A server of each kind, whose models play one script. */
async function startServers(script: { next: () => ModelAnswer; refusals: string[] }) {
  const started = await Promise.all(
    servers.map(async (kind) => {
      let count = 0;
      const server = await messagesServer((response, { body }) => {
        const refusal = kind.refuse(body);
        if (refusal) {
          script.refusals.push(`${kind.name}: ${JSON.stringify(refusal[1])}`);
          response
            .writeHead(refusal[0], { "content-type": "application/json" })
            .end(JSON.stringify(refusal[1]));
          return;
        }
        count += 1;
        const events = kind.answer(script.next(), body, count);
        const data = events.map((event) => (typeof event === "string" ? event : JSON.stringify(event)));
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(data.map((one) => `data: ${one}\n\n`).join(""));
      });
      return { kind, server, provider: kind.create(server.baseURL) };
    }),
  );
  return {
    providers: started.map(({ provider }) => provider),
    byName: (name: string) => started.find(({ kind }) => kind.name === name)?.provider as ModelProvider,
    close: () => Promise.all(started.map(({ server }) => server[Symbol.asyncDispose]())),
  };
}

interface Disturbances {
  /** Events after which the run is aborted. */
  stopAfter?: number | null;
  /** Messages that come while the run is active. */
  steering?: number;
}

async function say(
  agent: AgentRuntime,
  history: Message[],
  content: string,
  { stopAfter, steering = 0 }: Disturbances = {},
) {
  history.push(user(content));
  const more = ["and this", "and that"].map((text) => ({
    role: "user" as const,
    content: text,
    timestamp: 1,
  }));
  const waiting = Array.from({ length: steering }, () => more);
  const controller = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of agent.run(
    inputOf([...history], {
      signal: controller.signal,
      runId: `r${history.length}`,
      takeSteering: () => waiting.pop() ?? [],
    }),
  )) {
    events.push(event);
    const entry = toEntry({ ...event, sessionId: "s1", seq: history.length });
    if (entry && isMessageEntry(entry)) history.push(entry);
    if (events.length === stopAfter) controller.abort();
  }
  return events;
}

test("the table of servers names each server, its source and its needs", () => {
  const table = readFileSync(new URL("../../../../docs/model-servers.md", import.meta.url), "utf8");
  const rows = new Map(table.split("\n").map((line) => [line.split(" | ")[0]?.slice(2), line]));
  for (const { name, source } of servers)
    expect([name, rows.get(name)]).toEqual([name, expect.stringContaining(source)]);
});

/** `CONVERSATIONS=5000` plays more. The time that they may need grows with them. */
const conversations = Number(process.env["CONVERSATIONS"] ?? 100);

const end = (events: readonly RunEvent[]) => outline(events).slice(-1)[0];
const reason = (events: readonly RunEvent[]) => JSON.stringify(events.find(({ type }) => type === "error"));

describe("every server that people use", () => {
  const script = { next: (): ModelAnswer => ({ text: "ok" }), refusals: [] as string[] };
  let all: Awaited<ReturnType<typeof startServers>>;
  beforeAll(async () => {
    all = await startServers(script);
  });
  afterAll(() => all.close());

  const play = (...answers: readonly ModelAnswer[]) => {
    const rest = [...answers];
    script.next = () => rest.shift() ?? { text: "ok" };
  };

  test.each(servers.map(({ name, source }) => [name, source]))(
    "%s takes two runs with tools, thinking and a stop between them (%s)",
    async (name) => {
      const agent = new AgentRuntime({ provider: all.byName(name), tools: [note], retryBaseMs: 0 });
      const history: Message[] = [];
      play(
        { thinking: "I note it.", calls: [call("a")] },
        { thinking: "And b.", text: "Both.", calls: [call("b"), call("c")] },
      );
      const first = await say(agent, history, "note a");
      expect([end(first), reason(first)]).toEqual(["run_end completed", undefined]);
      play({ thinking: "Hm", calls: [call("d")] });
      const stopped = await say(agent, history, "and d", { stopAfter: 4 });
      expect(end(stopped)).toBe("run_end aborted");
      play({ calls: [call("e")] });
      const third = await say(agent, history, "and e?");
      expect([end(third), reason(third)]).toEqual(["run_end completed", undefined]);
    },
  );

  test.each(servers.map(({ name }) => [name]))("%s takes up what any other model began", async (name) => {
    for (const provider of all.providers) {
      const history: Message[] = [];
      const first = new AgentRuntime({ provider, tools: [note], retryBaseMs: 0 });
      play({ thinking: "I note it.", calls: [call("a")] });
      await say(first, history, "note a");
      const second = new AgentRuntime({ provider: all.byName(name), tools: [note], retryBaseMs: 0 });
      play({ thinking: "Again.", calls: [call("b")] });
      const events = await say(second, history, "note b");
      expect([provider.model, end(events), reason(events)]).toEqual([
        provider.model,
        "run_end completed",
        undefined,
      ]);
    }
  });

  test(
    "after any run, with any server, fallback and option, the next request is accepted",
    async () => {
      const answer: fc.Arbitrary<ModelAnswer> = fc.record(
        {
          thinking: fc.constantFrom("Hm.", "Let me think."),
          calls: fc.array(fc.constantFrom("a", "b").map(call), { maxLength: 2 }),
          text: fc.constantFrom("Yes.", "Well", " "),
          stop: fc.constantFrom(
            "cut" as const,
            "refused" as const,
            undefined,
            undefined,
            undefined,
            undefined,
          ),
        },
        { requiredKeys: [] },
      ) as fc.Arbitrary<ModelAnswer>;
      const options: fc.Arbitrary<Partial<AgentRuntimeOptions>> = fc.record({
        maxToolRounds: fc.constantFrom(0, 1, 4),
        maxToolCalls: fc.constantFrom(1, 50),
        maxContextMessages: fc.constantFrom(1, 3, 50),
        maxContextTokens: fc.constantFrom(100, 10_000),
        maxRunTokens: fc.constantFrom(400, 100_000),
        compactAtShare: fc.constantFrom(0.1, 0.9),
      });
      const runs = fc.array(
        fc.record({
          model: fc.nat(servers.length - 1),
          fallback: fc.nat(servers.length - 1),
          stopAfter: fc.option(fc.nat(12)),
          steering: fc.nat(2),
        }),
        { minLength: 2, maxLength: 4 },
      );
      const property = fc.asyncProperty(
        fc.array(answer, { maxLength: 12 }),
        options,
        runs,
        async (answers, given, turns) => {
          play(...answers);
          const history: Message[] = [];
          for (const { model, fallback, stopAfter, steering } of turns) {
            const [provider, other] = [all.providers[model], all.providers[fallback]] as [
              ModelProvider,
              ModelProvider,
            ];
            const agent = new AgentRuntime({
              provider,
              fallbacks: [other],
              tools: [note],
              retryBaseMs: 0,
              ...given,
            });
            const events = await say(agent, history, "hi", { stopAfter, steering });
            expect(outline(events).filter((line) => line.startsWith("run_end"))).toHaveLength(1);
            expect(reason(events) ?? "").not.toMatch(/MODEL_(?!CONTEXT)/);
          }
          script.next = () => ({ text: "ok" });
          for (const { model } of turns) {
            const agent = new AgentRuntime({
              provider: all.providers[model] as ModelProvider,
              tools: [note],
              retryBaseMs: 0,
            });
            const last = await say(agent, [...history], "and now?");
            expect([end(last), reason(last)]).toEqual(["run_end completed", undefined]);
          }
        },
      );
      await fc.assert(property, { numRuns: conversations, seed: 1 });
    },
    conversations * 6000,
  );
});
