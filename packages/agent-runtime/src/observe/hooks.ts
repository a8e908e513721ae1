import type { ModelEvent, ModelRequest, RunEvent, RunOutcome, Usage } from "@mini-openclaw/protocol";

/**
 * Functions that an application gives an agent for logs, metrics and traces. Hooks observe: they
 * change nothing.
 *
 * A hook is called synchronously and should return at once. A hook that throws, or whose promise
 * rejects, breaks nothing: `onError` gets its error. Without hooks nothing of this costs anything.
 */
export interface AgentHooks {
  /** A run begins. */
  onRun?: (run: RunRef) => HookSpan<RunReport> | void;
  /** A model is asked for a turn: once for each attempt. */
  onModelCall?: (call: ModelCall) => HookSpan<ModelCallReport> | void;
  /**
   * A tool runs: its input was found valid and the call allowed. Other calls are in `onEvent` only.
   */
  onToolCall?: (call: ToolCall) => HookSpan<ToolCallReport> | void;
  /**
   * The reader of the run has dealt with an event, or left the run at it. With a gateway it is
   * recorded, unless the store failed.
   */
  onEvent?: (event: RunEvent, run: RunRef) => void;
}

/** A span of work, which a hook returns to follow it: from the call of the hook to `end`. */
export interface HookSpan<Report> {
  /**
   * Runs a piece of the work in a context of the hook's own (`AsyncLocalStorage`). Call `work`
   * once, and return what it returns. Called once for a tool, and for each step of a run or of a
   * model's stream.
   */
  run?<T>(work: () => T): T;
  /** Called once, however the work ended. */
  end?(report: Report): void;
}

/** The run that a hook is called for: the same object for all calls of one run. */
export interface RunRef {
  readonly sessionId: string;
  readonly runId: string;
}

export interface RunReport {
  /** `aborted` also when its reader went away. */
  outcome: RunOutcome;
  /** Absent when its reader went away. */
  usage?: Usage;
  /** In US dollars. Absent where the price of a model that was asked is not known. */
  costUsd?: number;
  /** Of a run that failed, or that a limit on tokens or money ended. */
  error?: { code: string; message: string };
}

export interface ModelCall {
  readonly run: RunRef;
  readonly model: string;
  readonly request: ModelRequest;
}

/** A call has a turn or an error. */
export interface ModelCallReport {
  turn?: Extract<ModelEvent, { type: "turn" }>;
  /** The error that was thrown, or the reason why the call was stopped. */
  error?: unknown;
  /** From the call to the first event, in milliseconds. Absent if nothing came. */
  firstEventMs?: number;
}

export interface ToolCall {
  readonly run: RunRef;
  readonly callId: string;
  readonly toolName: string;
  readonly input: unknown;
}

/** The result of a tool as the model is shown it. */
export interface ToolCallReport {
  output: string;
  isError: boolean;
}
