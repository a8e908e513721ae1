import { deepEqual, equal, ok } from "node:assert/strict";
import type { AgentInput, AgentRunner } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import {
  assertOutcome,
  assertResults,
  assertTurns,
  begin,
  callsBefore,
  restOf,
  run,
  textOf,
  within,
} from "./agent-run.ts";

/** The tests of one situation, by title. Each gets an agent, and the message that leads there. */
export type SituationTests = Record<string, (agent: AgentRunner, content: string) => Promise<void>>;

// The port's promise: a run that was stopped ends within 5 s.
const ABORT_MS = 5000;

/** It answers in text. */
export const answerTests: SituationTests = {
  "begins with run_start and ends with message_done and run_end, each once": async (agent, content) => {
    const types = (await run(agent, content)).map(({ type }) => type);
    equal(types[0], "run_start");
    deepEqual(types.slice(-2), ["message_done", "run_end"]);
    for (const type of ["run_start", "message_done", "run_end"]) {
      equal(types.filter((one) => one === type).length, 1, type);
    }
  },
  "emits only events of the protocol, under the run's id": async (agent, content) => {
    for (const [index, event] of (await run(agent, content)).entries()) {
      const parsed = parseServerEvent(JSON.stringify({ ...event, sessionId: "s", seq: index + 1 }));
      ok(parsed.ok, parsed.ok ? "" : parsed.message);
      equal(event.runId, "run-1");
    }
  },
  "completes, and repeats its stream in message_done": async (agent, content) => {
    const events = await run(agent, content);
    const done = events.at(-2);
    ok(done?.type === "message_done" && done.content !== "");
    equal(done.content, textOf(events));
    assertOutcome(events, "completed");
  },
  "gives each turn one assistant_message, with what was streamed under its id": async (agent, content) => {
    const events = await run(agent, content);
    assertTurns(events);
    ok(events.some(({ type }) => type === "assistant_message"));
  },
  "ends as aborted when it was stopped before it began": async (agent, content) => {
    const events = await within(
      ABORT_MS,
      run(agent, content, { signal: AbortSignal.abort(new Error("Enough.")) }),
    );
    equal(events[0]?.type, "run_start");
    assertOutcome(events, "aborted");
  },
  "keeps two runs at once apart": async (agent, content) => {
    const runs = await Promise.all(["run-1", "run-2"].map((runId) => run(agent, content, { runId })));
    deepEqual(
      runs.map((events) => [...new Set(events.map(({ runId }) => runId))]),
      [["run-1"], ["run-2"]],
    );
  },
};

/** It calls a tool, then answers. */
export const toolTests: SituationTests = {
  "completes the turn with its calls before the first of them starts": async (agent, content) => {
    const events = await run(agent, content);
    const starts = events.filter((event) => event.type === "tool_start");
    ok(starts.length > 0);
    for (const start of starts) ok(callsBefore(events, start).includes(start.callId));
    assertTurns(events);
  },
  "emits one start and one result for each call, before it continues": async (agent, content) => {
    assertResults(await run(agent, content));
  },
  "answers after it, and completes": async (agent, content) => {
    const events = await run(agent, content);
    const types = events.map(({ type }) => type);
    ok(types.lastIndexOf("assistant_message") > types.lastIndexOf("tool_done"));
    equal(events.filter(({ type }) => type === "message_done").length, 1);
    assertOutcome(events, "completed");
  },
};

/** It asks for a decision on its one tool call. */
export const decisionTests: SituationTests = {
  "asks for the call by its id, emits the decision, and only then starts the call": async (
    agent,
    content,
  ) => {
    const asked: string[] = [];
    const events = await run(agent, content, {
      decision: async (callId) => {
        asked.push(callId);
        return "once";
      },
    });
    const request = events.find((event) => event.type === "approval_request");
    const done = events.find((event) => event.type === "approval_done");
    ok(request && done);
    deepEqual(asked, [request.callId]);
    deepEqual([done.callId, done.decision], [request.callId, "once"]);
    ok(events.indexOf(request) < events.indexOf(done));
    ok(events.indexOf(done) < events.findIndex(({ type }) => type === "tool_start"));
    assertResults(events);
  },
  ...Object.fromEntries(
    Object.entries<AgentInput["decision"]>({
      "when the user denies it": async () => "deny",
      "when nobody answers for the user": () => Promise.reject(new Error("Nobody is there.")),
      "when nobody can be asked": undefined,
    }).map(([when, decision]) => [
      `denies the call ${when}, emits the denial, and continues`,
      async (agent: AgentRunner, content: string) => {
        const events = await run(agent, content, decision && { decision });
        ok(events.some((event) => event.type === "tool_done" && event.isError));
        ok(!events.some((event) => event.type === "tool_done" && !event.isError));
        const decided = events.filter((event) => event.type === "approval_done");
        ok(decided.every((event) => event.decision === "deny"));
        assertOutcome(events, "completed");
      },
    ]),
  ),
};

/** The tests for an agent that works until it is stopped. */
export const endlessTests: SituationTests = {
  "ends within 5 s when it is stopped, as aborted, and keeps what it said": async (agent, content) => {
    const stop = new AbortController();
    const { events, iterator } = await begin(agent, content, { signal: stop.signal });
    stop.abort(new Error("Enough."));
    events.push(...(await within(ABORT_MS, restOf(iterator))));
    deepEqual(
      events.slice(-2).map(({ type }) => type),
      ["message_done", "run_end"],
    );
    assertOutcome(events, "aborted");
    assertTurns(events);
    assertResults(events);
  },
  "ends within 5 s when its reader stops": async (agent, content) => {
    const { iterator } = await begin(agent, content);
    await within(ABORT_MS, Promise.resolve(iterator.return?.()));
  },
};

/** It takes what users say meanwhile. */
export const steeringTests: SituationTests = {
  "takes what was said meanwhile into the run, answers it, and asks again before it completes": async (
    agent,
    content,
  ) => {
    const said = [{ role: "user", content: "and this?", timestamp: 2, requestId: "m1" }] as const;
    let askCount = 0;
    const events = await run(agent, content, {
      takeSteering: () => {
        askCount += 1;
        return askCount === 1 ? said : [];
      },
    });
    const entered = events.filter((event) => event.type === "user_message");
    deepEqual(
      entered.map((event) => [event.content, event.requestId]),
      [["and this?", "m1"]],
    );
    const types = events.map(({ type }) => type);
    ok(types.lastIndexOf("assistant_message") > types.indexOf("user_message"));
    ok(askCount > 1);
    assertOutcome(events, "completed");
  },
};

/** It answers in text, and has a limit on what a session may cost. */
export const limitTests: SituationTests = {
  "answers in a session that has cost nothing, and asks no model in one that has cost more than it may":
    async (agent, content) => {
      assertOutcome(await run(agent, content, { sessionCostUsd: 0 }), "completed");
      const events = await run(agent, content, { sessionCostUsd: Number.MAX_VALUE });
      ok(!events.some(({ type }) => type === "assistant_message"));
      assertOutcome(events, "budget");
    },
};
