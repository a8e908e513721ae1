import { describe, expect, test } from "vitest";
import {
  isClosing,
  newQueue,
  nextQueue,
  type QueueEffect,
  type QueueInput,
  type QueueItem,
  type QueueState,
} from "../src/sessions/queue-state.ts";

interface Run extends QueueItem {
  readonly name: string;
}

type State = QueueState<Run>;

const run = (name: string, is: QueueItem["state"]["is"] = "waiting", isInterrupt = false): Run => ({
  name,
  isInterrupt,
  state: { is },
});

const [a, b, c] = [run("a"), run("b"), run("c")];
const saved = run("saved", "queued");
const interrupt = run("interrupt", "waiting", true);
const rest = { runs: [], pendingEnds: [], isReleased: false } as const;
const error = new Error("a full disk");

function state(is: Exclude<State["is"], "running">, fields: Partial<typeof rest | State> = {}): State {
  return { ...rest, ...fields, is } as State;
}

function running(runs: Run[], fields: Partial<Omit<State, "is">> & { isFresh?: boolean } = {}): State {
  return { ...rest, isFresh: false, ...fields, runs, is: "running" };
}

/** A state and its effects in one line: `running a b · start a`. */
function outline(next: State, effects: readonly QueueEffect<Run>[]): string {
  const names = (runs: readonly Run[]) => runs.map(({ name }) => name).join(" ");
  const pending = next.pendingEnds.length > 0 ? `ends of ${names(next.pendingEnds)}` : "";
  const told = effects.map((effect) => {
    if (effect.do === "start") return `start ${effect.run.name}${effect.isFresh ? " on a fresh log" : ""}`;
    return effect.do === "fail" ? `fail ${names([...effect.runs, ...effect.pendingEnds])}` : effect.do;
  });
  const states = [next.is, names(next.runs), pending, next.isReleased ? "released" : ""];
  return [states.filter((one) => one !== "").join(" "), ...told].join(" · ");
}

describe("nextQueue", () => {
  const rows: [string, State, QueueInput<Run>, string][] = [
    ["a run waits for the log", newQueue, { type: "run_added", run: a }, "opening a"],
    [
      "the first run starts on an open log",
      state("opening", { runs: [a, b] }),
      { type: "log_opened" },
      "running a b · notify · start a on a fresh log",
    ],
    [
      "an open log without runs comes to rest",
      newQueue,
      { type: "log_opened" },
      "resting · wait_for_readers",
    ],
    [
      "an open log has ended the runs without an end",
      state("opening", { pendingEnds: [a] }),
      { type: "log_opened" },
      "resting · wait_for_readers",
    ],
    ["a run waits for the active one", running([a]), { type: "run_added", run: b }, "running a b"],
    [
      "an interrupt is the next run",
      running([a, b]),
      { type: "run_added", run: interrupt },
      "running a interrupt b",
    ],
    [
      "an interrupt waits for earlier interrupts",
      running([a, run("first", "waiting", true), b]),
      { type: "run_added", run: interrupt },
      "running a first interrupt b",
    ],
    ["the next run starts", running([a, b]), { type: "run_ended" }, "running b · start b"],
    [
      "the last run leaves the session at rest",
      running([a]),
      { type: "run_ended" },
      "resting · wait_for_readers",
    ],
    [
      "a run starts at once at rest",
      state("resting"),
      { type: "run_added", run: a },
      "running a · notify · start a",
    ],
    [
      "a run starts at once when idle",
      state("idle"),
      { type: "run_added", run: a },
      "running a · notify · start a",
    ],
    ["a run waits while the log settles", state("settling"), { type: "run_added", run: a }, "settling a"],
    [
      "live events are dropped once they are read",
      state("resting"),
      { type: "live_events_read" },
      "settling · settle_log",
    ],
    ["a late reader changes nothing", running([a]), { type: "live_events_read" }, "running a"],
    ["a settled log stays open", state("settling"), { type: "log_settled" }, "idle · notify · wait_for_runs"],
    [
      "a run that came meanwhile starts on the settled log",
      state("settling", { runs: [a] }),
      { type: "log_settled" },
      "running a · notify · start a",
    ],
    [
      "an idle log is closed after a time",
      state("idle"),
      { type: "idle_time_elapsed" },
      "closing · close_log",
    ],
    ["a late timer changes nothing", running([a]), { type: "idle_time_elapsed" }, "running a"],
    [
      "an idle log is closed when released",
      state("idle"),
      { type: "released" },
      "closing released · close_log",
    ],
    ["a released queue runs its runs first", running([a]), { type: "released" }, "running a released"],
    [
      "a released queue is closed when it has settled",
      state("settling", { isReleased: true }),
      { type: "log_settled" },
      "closing released · notify · close_log",
    ],
    [
      "a run is refused by a released queue at rest",
      state("resting", { isReleased: true }),
      { type: "run_added", run: a },
      "resting released",
    ],
    ["a waiting run is cancelled", running([a, b, c]), { type: "run_cancelled", run: b }, "running a c"],
    ["the active run is not cancelled", running([a, b]), { type: "run_cancelled", run: a }, "running a b"],
    [
      "a run that is not saved is tried on a fresh log",
      running([a, b]),
      { type: "log_failed" },
      "opening a b · replace_log",
    ],
    [
      "a run without a recorded end gets it from a fresh log",
      running([a, b]),
      { type: "end_not_recorded" },
      "opening b ends of a · replace_log",
    ],
    [
      "saved messages are ended by a fresh log",
      state("opening", { runs: [b, saved], pendingEnds: [a] }),
      { type: "log_closed" },
      "opening b ends of a saved",
    ],
    [
      "every run fails with the log",
      state("opening", { runs: [b], pendingEnds: [a] }),
      { type: "failed", error },
      "closing · fail b a",
    ],
    [
      "a log that cannot settle is replaced for the next run",
      state("settling", { runs: [a] }),
      { type: "failed", error },
      "opening a · replace_log",
    ],
    ["a log that cannot settle is closed", state("settling"), { type: "failed", error }, "closing · fail "],
  ];

  test.each(rows)("%s", (_, before, input, expected) => {
    const next = nextQueue(before, input);

    expect(outline(next.state, next.effects)).toBe(expected);
  });
});

test.each([
  ["opening", state("opening", { isReleased: true }), false],
  ["running", running([a], { isReleased: true }), false],
  ["at rest", state("resting"), false],
  ["at rest and released", state("resting", { isReleased: true }), true],
  ["settling and released, with a run", state("settling", { isReleased: true, runs: [a] }), false],
  ["closing", state("closing"), true],
] as const)("a queue that is %s takes no more runs: %#", (_, before, expected) => {
  expect(isClosing(before)).toBe(expected);
});
