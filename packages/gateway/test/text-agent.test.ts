import { setImmediate as turn } from "node:timers/promises";
import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { textAgent } from "../src/index.ts";
import { describeAgentRunner, scriptedAgent } from "../src/testing.ts";
import { testGateway } from "./test-gateway.ts";

/** Runs an agent to its end. */
async function run(agent: AgentRunner, more: Partial<AgentInput> = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const { signal } = new AbortController();
  const messages = [{ role: "user" as const, content: "hello", timestamp: 1 }];
  for await (const event of agent.run({ sessionId: "s", runId: "r", messages, signal, ...more }))
    events.push(event);
  return events;
}

const outline = (events: RunEvent[]) =>
  events.map((event) => ("content" in event ? `${event.type} ${event.content}` : event.type));

const wholeRun = (content: string, chunks = [content]) => [
  "run_start",
  ...chunks.map((chunk) => `chunk ${chunk}`),
  `assistant_message ${content}`,
  `message_done ${content}`,
  "run_end",
];

describe("textAgent makes a whole run of", () => {
  test.each<[what: string, agent: AgentRunner, expected: string[]]>([
    [
      "an async generator",
      textAgent(async function* ({ messages }) {
        yield "You said: ";
        yield "";
        yield `${messages.at(-1)?.content}`;
      }),
      wholeRun("You said: hello", ["You said: ", "hello"]),
    ],
    ["a string", textAgent(() => "hi"), wholeRun("hi")],
    ["a promise of a string", textAgent(async () => "hi"), wholeRun("hi")],
    ["a list of strings", textAgent(() => ["a", "b"]), wholeRun("ab", ["a", "b"])],
    ["no text", textAgent(async () => ""), wholeRun("", [])],
  ])("%s", async (_what, agent, expected) => {
    expect(outline(await run(agent))).toEqual(expected);
  });
});

describeAgentRunner(
  "textAgent",
  {
    answers: () => ({ agent: textAgent(() => "hello"), content: "hi" }),
    goesOn: () => ({
      agent: textAgent(async function* ({ signal }) {
        while (!signal.aborted) {
          yield "more ";
          await turn();
        }
      }),
      content: "go on",
    }),
  },
  { describe, test },
);

describe("a stop of a textAgent", () => {
  test.each<[how: string, answer: Parameters<typeof textAgent>[0]]>([
    [
      "that waits and does not look at its signal",
      async function* () {
        yield "so far";
        await new Promise(() => undefined);
      },
    ],
    [
      "that throws the signal's reason",
      async function* ({ signal }) {
        yield "so far";
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
      },
    ],
    [
      "that throws when it is closed",
      async function* ({ signal }) {
        try {
          yield "so far";
          while (!signal.aborted) await turn();
          yield "too late";
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- what an app's code may do
          throw new Error("cleaning up");
        }
      },
    ],
  ])("%s keeps the text so far and ends the run as aborted", async (_how, answer) => {
    await using gateway = await testGateway({ agent: textAgent(answer) });
    const client = await gateway.connect();
    client.send({ type: "message", content: "go" });
    await client.next("chunk");

    client.send({ type: "abort", sessionId: client.sessionId });

    expect(await client.next("run_end")).toMatchObject({ outcome: "aborted" });
    expect(await client.next("assistant_message")).toMatchObject({ content: "so far", partial: "aborted" });
    expect(gateway.failures).toEqual([]);
  });
});

describe("a textAgent fails, and the failure names the mistake, when its function", () => {
  const answers = (answer: () => unknown) => textAgent(answer as () => string);

  test.each<[mistake: string, agent: AgentRunner, message: RegExp]>([
    [
      "throws",
      answers(() => {
        throw new Error("no model");
      }),
      /no model/,
    ],
    ["rejects", answers(() => Promise.reject(new Error("no model"))), /no model/],
    ["returns nothing", answers(() => undefined), /must yield strings or return a string, got nothing\./],
    ["returns a number", answers(() => 42), /must yield strings or return a string, got 42\./],
    ["resolves with an object", answers(async () => ({})), /got an object\./],
    ["yields an object", answers(() => [{}]), /got an object\./],
  ])("%s", async (_mistake, agent, message) => {
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "go" });

    expect(await client.next("run_end")).toMatchObject({ outcome: "failed" });
    expect(gateway.failures).toEqual([expect.stringMatching(message)]);
  });

  test("is none", () => {
    expect(() => textAgent("hello" as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(
          '`answer` must be a function that yields or returns text, got "hello".',
        ),
      }),
    );
  });
});

describe("scriptedAgent", () => {
  test("rejects a script that is no array", () => {
    expect(() => scriptedAgent("Hello." as never)).toThrow(
      '`script` must be an array with an entry for each run, got "Hello.".',
    );
  });

  test("follows its script run by run, and keeps the inputs", async () => {
    const agent = scriptedAgent([
      "Hello.",
      [{ thinks: "hm" }, "Let me look. ", { calls: "clock", output: "noon" }, { says: ["It is ", "noon."] }],
      [{ ends: "max_rounds" }],
    ]);

    expect(outline(await run(agent))).toEqual(wholeRun("Hello."));
    expect(outline(await run(agent))).toEqual([
      "run_start",
      "thinking hm",
      "chunk Let me look. ",
      "assistant_message Let me look. ",
      "tool_start",
      "tool_done",
      "chunk It is ",
      "chunk noon.",
      "assistant_message It is noon.",
      "message_done Let me look. It is noon.",
      "run_end",
    ]);
    expect((await run(agent)).at(-1)).toMatchObject({ outcome: "max_rounds" });
    expect(agent.inputs).toHaveLength(3);
    await expect(run(agent)).rejects.toThrow("The script of `scriptedAgent` has 3 runs, and run 4 began.");
  });

  test("throws, waits and hangs until the run is stopped", async () => {
    const stop = new AbortController();
    const agent = scriptedAgent([
      [{ throws: new Error("no") }],
      [{ waits: Promise.resolve() }, "on"],
      [{ hangs: true }],
    ]);

    await expect(run(agent)).rejects.toThrow("no");
    expect(outline(await run(agent))).toEqual(wholeRun("on"));
    const hanging = run(agent, { signal: stop.signal });
    stop.abort();
    expect((await hanging).at(-1)).toMatchObject({ outcome: "aborted" });
  });

  test.each([
    ["once", ["approval_done", "tool_start", "tool_done"], { output: "a.txt", isError: false }],
    ["deny", ["approval_done", "tool_done"], { output: "deny", isError: true }],
  ] as const)("waits for the approval of a call: %s", async (decision, types, result) => {
    const agent = scriptedAgent([[{ calls: "bash", asks: "ls", output: "a.txt" }, "Done."]]);

    const events = await run(agent, { decision: async () => decision });

    const request = events.findIndex(({ type }) => type === "approval_request");
    expect(events[request]).toMatchObject({ callId: "call_1", toolName: "bash", reason: "ls" });
    const after = events.slice(request + 1, request + 1 + types.length);
    expect(after.map(({ type }) => type)).toEqual(types);
    expect(after.at(-1)).toMatchObject(result);
  });

  test("takes the messages that steer the run", async () => {
    const agent = scriptedAgent([[{ steers: true }, "Both."]]);
    const steering = { role: "user" as const, content: "and two", timestamp: 2, requestId: "q2" };

    const events = await run(agent, { takeSteering: () => [steering] });

    expect(outline(events).slice(0, 2)).toEqual(["run_start", "user_message and two"]);
    expect(events[1]).toMatchObject({ requestId: "q2", timestamp: 2 });
  });
});

describeAgentRunner(
  "scriptedAgent",
  {
    answers: () => ({ agent: scriptedAgent(["hello", "hello"]), content: "hi" }),
    callsTool: () => {
      const steps = [{ calls: "clock", output: "noon" }, "It is noon."];
      return { agent: scriptedAgent([steps, steps]), content: "hi" };
    },
    goesOn: () => ({ agent: scriptedAgent([["so far", { hangs: true }]]), content: "hi" }),
  },
  { describe, test },
);
