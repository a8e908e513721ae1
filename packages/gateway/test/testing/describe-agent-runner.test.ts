import type { AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { type AgentSituations, describeAgentRunner } from "../../src/testing.ts";

const call = { callId: "c1", toolName: "look", input: {} };

/** Returns the events of a right agent that calls a tool and answers. */
function rightEvents(runId: string): RunEvent[] {
  const run = { runId, timestamp: 1 };
  return [
    { type: "run_start", ...run },
    { type: "chunk", runId, messageId: `${runId}-1`, content: "Look." },
    { type: "assistant_message", id: `${runId}-1`, content: "Look.", toolCalls: [call], ...run },
    { type: "tool_start", runId, ...call },
    { type: "tool_done", id: "t1", callId: "c1", toolName: "look", output: "a.txt", isError: false, ...run },
    { type: "chunk", runId, messageId: `${runId}-2`, content: "One file." },
    { type: "assistant_message", id: `${runId}-2`, content: "One file.", ...run },
    { type: "message_done", runId, content: "Look.One file." },
    { type: "run_end", outcome: "completed", usage: noUsage, ...run },
  ];
}

/**
 * Creates an agent with the events of a right one, changed by a fault. When it is stopped, it emits
 * only the last of them.
 */
function faulty(change: (events: RunEvent[]) => RunEvent[]): AgentRunner {
  return {
    async *run({ runId, signal }) {
      const events = rightEvents(runId);
      if (!signal.aborted) return yield* change(events);
      yield* events.slice(0, 1);
      yield { type: "message_done", runId, content: "" };
      yield { type: "run_end", runId, outcome: "aborted", usage: noUsage, timestamp: 1 };
    },
  };
}

/** The titles of the tests that an agent fails. */
async function failures(situations: AgentSituations): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  describeAgentRunner("an agent", situations, {
    describe: (_name, body) => body(),
    test: (title, body) => tests.push([title, body]),
  });
  const failed: string[] = [];
  for (const [title, body] of tests) await body().catch(() => failed.push(title));
  return failed;
}

const order = "begins with run_start and ends with message_done and run_end, each once";
const protocol = "emits only events of the protocol, under the run's id";
const streamed = "completes, and repeats its stream in message_done";
const turns = "gives each turn one assistant_message, with what was streamed under its id";
const apart = "keeps two runs at once apart";
const callsFirst = "completes the turn with its calls before the first of them starts";
const results = "emits one start and one result for each call, before it continues";
const answer = "answers after it, and completes";

const without = (type: RunEvent["type"]) => (events: RunEvent[]) =>
  events.filter((event) => event.type !== type);
const changed = (type: RunEvent["type"], fields: object) => (events: RunEvent[]) =>
  events.map((event) => (event.type === type ? { ...event, ...fields } : event));

test.each<[string, (events: RunEvent[]) => RunEvent[], string[]]>([
  ["has no fault", (events) => events, []],
  ["never says that it begins", without("run_start"), [order]],
  ["leaves out message_done", without("message_done"), [order, streamed, answer]],
  ["ends twice", (events) => [...events, ...events.slice(-1)], [order, streamed]],
  [
    "ends before its last words",
    (events) => [...events.slice(-2), ...events.slice(0, -2)],
    [order, streamed, answer],
  ],
  ["has a run of its own", changed("chunk", { runId: "another" }), [protocol, apart]],
  ["leaves out a field", changed("tool_start", { toolName: undefined }), [protocol]],
  ["repeats itself in message_done", changed("message_done", { content: "Look.Look." }), [streamed]],
  ["fails", changed("run_end", { outcome: "failed" }), [streamed, answer]],
  ["streams what it does not say", changed("assistant_message", { content: "No." }), [turns, callsFirst]],
  ["streams under another id", changed("chunk", { messageId: "another" }), [turns, callsFirst]],
  ["gives an id twice", changed("assistant_message", { id: "a" }), [turns, callsFirst]],
  ["hides its calls", changed("assistant_message", { toolCalls: undefined }), [callsFirst]],
  ["never gives a result", without("tool_done"), [results]],
  [
    "says nothing after its tool",
    (events) => [...events.slice(0, 5), ...events.slice(-2)],
    [streamed, answer],
  ],
])("an agent that %s fails exactly the tests that say so", async (_, change, expected) => {
  const create = () => ({ agent: faulty(change), content: "files?" });

  expect(await failures({ answers: create, callsTool: create })).toEqual(expected);
});

test("an agent that emits more although it was stopped, or ignores steering, fails", async () => {
  const create = () => ({ agent: faulty((events) => events), content: "files?" });

  expect(await failures({ answers: create, goesOn: create, isSteered: create })).toEqual([
    "ends within 5 s when it is stopped, as aborted, and keeps what it said",
    "takes what was said meanwhile into the run, answers it, and asks again before it completes",
  ]);
});

test("an agent that does not ask, or runs a denied call, fails", async () => {
  const create = () => ({ agent: faulty((events) => events), content: "files?" });

  expect((await failures({ answers: create, asks: create })).length).toBe(4);
});

test("an agent that does not look at what its session has cost fails for its limit", async () => {
  const agent = faulty((events) => events);
  expect(
    await failures({
      answers: () => ({ agent, content: "files?" }),
      isLimited: () => ({ agent, content: "files?" }),
    }),
  ).toEqual([
    "answers in a session that has cost nothing, and asks no model in one that has cost more than it may",
  ]);
});
