/** The facts about a run that decide its position and its fate. */
export interface QueueItem {
  readonly isInterrupt: boolean;
  readonly state: { readonly is: "waiting" | "queued" | "running" | "ended" };
}

interface Runs<Run> {
  /** In order. The first one runs, or is about to. */
  readonly runs: readonly Run[];
  /** Accepted runs whose end is not recorded. Opening the log ends them. */
  readonly pendingEnds: readonly Run[];
  /** True if the log is closed as soon as no run is left. */
  readonly isReleased: boolean;
}

/** The state of a session's queue. */
export type QueueState<Run extends QueueItem = QueueItem> = Runs<Run> &
  /** The log is being opened, or replaced after a failure. */
  (
    | { readonly is: "opening" }
    /** The first run is active. A log is fresh until its first run has ended. */
    | { readonly is: "running"; readonly isFresh: boolean }
    /** No run is left. Watches may still read the live events. */
    | { readonly is: "resting" }
    /** The log drops the live events. */
    | { readonly is: "settling" }
    /** The log stays open for the next message. */
    | { readonly is: "idle" }
    /** The queue takes no more runs. */
    | { readonly is: "closing" }
  );

export type QueueInput<Run extends QueueItem = QueueItem> =
  | { readonly type: "run_added" | "run_cancelled"; readonly run: Run }
  | { readonly type: "log_opened" }
  /** The failed log is closed. Opening it again ends the messages that it has as queued. */
  | { readonly type: "log_closed" }
  /** The log failed before the run's cause was saved. */
  | { readonly type: "log_failed" }
  | { readonly type: "run_ended" }
  | { readonly type: "end_not_recorded" }
  | { readonly type: "live_events_read" }
  | { readonly type: "log_settled" }
  | { readonly type: "idle_time_elapsed" }
  | { readonly type: "released" }
  /** Neither this log nor another one can be used. */
  | { readonly type: "failed"; readonly error: unknown };

export type QueueEffect<Run extends QueueItem = QueueItem> =
  | {
      readonly do:
        | "replace_log"
        | "wait_for_readers"
        | "settle_log"
        | "wait_for_runs"
        | "close_log"
        | "notify";
    }
  | { readonly do: "start"; readonly run: Run; readonly isFresh: boolean }
  | {
      readonly do: "fail";
      readonly runs: readonly Run[];
      readonly pendingEnds: readonly Run[];
      readonly error: unknown;
    };

interface Step<Run extends QueueItem> {
  readonly state: QueueState<Run>;
  readonly effects: readonly QueueEffect<Run>[];
}

/** The state of a new queue, whose log is being opened. */
export const newQueue: QueueState<never> = { is: "opening", runs: [], pendingEnds: [], isReleased: false };

/** Returns true if the queue takes no more runs. */
export function isClosing(state: QueueState): boolean {
  if (state.is === "closing") return true;
  return state.isReleased && state.runs.length === 0 && state.is !== "opening" && state.is !== "running";
}

/**
 * Pure: the next state, and the effects that lead to further inputs. An input that comes too late
 * changes nothing.
 */
export function nextQueue<Run extends QueueItem>(state: QueueState<Run>, input: QueueInput<Run>): Step<Run> {
  const { runs, pendingEnds, isReleased } = state;
  switch (input.type) {
    case "run_added": {
      if (isClosing(state)) return unchanged(state);
      const added = { ...state, runs: insert(runs, input.run) };
      const isAtRest = state.is === "idle" || state.is === "resting";
      return isAtRest ? startNext(added, { isFresh: false, isBurst: true }) : unchanged(added);
    }
    case "run_cancelled":
      return unchanged({ ...state, runs: runs.filter((run, index) => index === 0 || run !== input.run) });
    case "log_opened":
      if (state.is !== "opening") return unchanged(state);
      return startNext({ ...state, pendingEnds: [] }, { isFresh: true, isBurst: true });
    case "log_closed":
      return unchanged({
        ...state,
        runs: runs.filter((run) => run.state.is !== "queued"),
        pendingEnds: [...pendingEnds, ...runs.filter((run) => run.state.is === "queued")],
      });
    case "log_failed":
      return replaceLog(state);
    case "run_ended":
      return startNext({ ...state, runs: runs.slice(1) }, { isFresh: false, isBurst: false });
    case "end_not_recorded":
      return replaceLog({
        ...state,
        runs: runs.slice(1),
        pendingEnds: [...pendingEnds, ...runs.slice(0, 1)],
      });
    case "live_events_read":
      return state.is === "resting" ? to(state, "settling", "settle_log") : unchanged(state);
    case "log_settled":
      if (state.is !== "settling") return unchanged(state);
      if (runs.length > 0) return startNext(state, { isFresh: false, isBurst: true });
      return isReleased
        ? to(state, "closing", "notify", "close_log")
        : to(state, "idle", "notify", "wait_for_runs");
    case "idle_time_elapsed":
      return state.is === "idle" ? to(state, "closing", "close_log") : unchanged(state);
    case "released":
      if (state.is === "idle") return to({ ...state, isReleased: true }, "closing", "close_log");
      return unchanged({ ...state, isReleased: true });
    case "failed": {
      if (state.is === "settling" && runs.length > 0) return replaceLog(state);
      const { error } = input;
      return {
        state: { is: "closing", runs: [], pendingEnds: [], isReleased },
        effects: [{ do: "fail", runs, pendingEnds, error }],
      };
    }
  }
}

/**
 * Inserts a run. An interrupt goes behind the run that it stops and the interrupts that wait
 * already.
 */
function insert<Run extends QueueItem>(runs: readonly Run[], run: Run): Run[] {
  const position = runs.findIndex((other, index) => index > 0 && !other.isInterrupt);
  return run.isInterrupt && position > 0 ? runs.toSpliced(position, 0, run) : [...runs, run];
}

/** Starts the first run. Without one the session comes to rest. */
function startNext<Run extends QueueItem>(
  { runs, pendingEnds, isReleased }: Runs<Run>,
  { isFresh, isBurst }: { isFresh: boolean; isBurst: boolean },
): Step<Run> {
  const [run] = runs;
  if (!run) return to({ runs, pendingEnds, isReleased }, "resting", "wait_for_readers");
  return {
    state: { is: "running", isFresh, runs, pendingEnds, isReleased },
    effects: [...(isBurst ? [{ do: "notify" } as const] : []), { do: "start", run, isFresh }],
  };
}

function replaceLog<Run extends QueueItem>(runs: Runs<Run>): Step<Run> {
  return to(runs, "opening", "replace_log");
}

function to<Run extends QueueItem>(
  { runs, pendingEnds, isReleased }: Runs<Run>,
  is: Exclude<QueueState["is"], "running">,
  ...effects: Exclude<QueueEffect["do"], "start" | "fail">[]
): Step<Run> {
  return { state: { is, runs, pendingEnds, isReleased }, effects: effects.map((effect) => ({ do: effect })) };
}

function unchanged<Run extends QueueItem>(state: QueueState<Run>): Step<Run> {
  return { state, effects: [] };
}
