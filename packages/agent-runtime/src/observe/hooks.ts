import type { ModelEvent, ModelRequest, RunEvent, RunOutcome, Usage } from "@mini-openclaw/protocol";

/**
 * What an application is told of its runs, for logs, metrics and traces. Hooks look on: they change nothing.
 *
 * A hook is called synchronously and should return at once. One that throws, or whose promise rejects, breaks nothing: its error
 * goes to `onError`. Without hooks nothing of this costs anything.
 */
export interface AgentHooks {
  /** A run begins. */
  onRun?: (run: WatchedRun) => Watch<RunReport> | void;
  /** A model is asked for a turn: once for each attempt. */
  onModelCall?: (call: ModelCall) => Watch<ModelCallReport> | void;
  /** A tool runs: its input was found valid and the call allowed. Other calls show in `onEvent` only. */
  onToolCall?: (call: ToolCall) => Watch<ToolCallReport> | void;
  /** The reader of the run has dealt with an event, or left the run at it: with a gateway it is recorded, unless the store failed. */
  onEvent?: (event: RunEvent, run: WatchedRun) => void;
}

/** What a hook returns to follow what it was told of. */
export interface Watch<Report> {
  /**
   * Runs a piece of the work, so that it has a context of the hook's own (`AsyncLocalStorage`): `work` is to be called once, and
   * what it gives returned. Called once for a tool, and for each step of a run or of a model's stream.
   */
  around?<T>(work: () => T): T;
  /** Told once, however it ended. */
  onEnd?(report: Report): void;
}

/** The same object for all that is told of one run. */
export interface WatchedRun {
  readonly sessionId: string;
  readonly runId: string;
}

export interface RunReport {
  /** `aborted` also when its reader went away. */
  outcome: RunOutcome;
  /** Absent when its reader went away. */
  usage?: Usage;
  /** In US dollars; absent where the price of a model it asked is not known. */
  costUsd?: number;
  /** Of a run that failed, or that a limit on tokens or money ended. */
  error?: { code: string; message: string };
}

export interface ModelCall {
  readonly run: WatchedRun;
  readonly model: string;
  readonly request: ModelRequest;
}

/** A call has a turn or an error. */
export interface ModelCallReport {
  turn?: Extract<ModelEvent, { type: "turn" }>;
  /** What was thrown, or why it was stopped. */
  error?: unknown;
  /** From the call to the first thing that came, in milliseconds; absent if nothing came. */
  firstEventMs?: number;
}

export interface ToolCall {
  readonly run: WatchedRun;
  readonly callId: string;
  readonly toolName: string;
  readonly input: unknown;
}

/** As the model sees it. */
export interface ToolCallReport {
  output: string;
  isError: boolean;
}
