import type {
  AgentInput,
  AgentRunner,
  ErrorCode,
  RunEnding,
  RunEvent,
  SessionEvent,
  SessionLog,
  SessionStore,
  StartedTask,
  TaskRequest,
} from "@mini-openclaw/protocol";
import { errorCodes } from "@mini-openclaw/protocol";
import { isError } from "@mini-openclaw/protocol/shared";
import type { Approvals } from "./approvals.ts";
import { checkEvent, startAgent } from "./check-agent.ts";
import { loadRunMessages } from "./load-messages.ts";
import { loadFiles } from "./message-files.ts";
import type { Publish } from "./record.ts";
import type { RunLimiter } from "./run-limiter.ts";
import { type RunCause, RunStopped, type StopReason } from "./run-types.ts";
import type { Steering } from "./steering.ts";

/** A run that the agent works on. */
export interface ActiveRun {
  readonly runId: string;
  readonly cause: RunCause;
  /** Aborted with a {@link RunStopped}. */
  readonly signal: AbortSignal;
  /** Messages that users send while the run is active. */
  readonly steering: Steering;
  /** Decisions of users on the run's tool calls. */
  readonly approvals: Approvals;
  /** Set for the run of a sub-agent. */
  readonly task: TaskRun | undefined;
  /**
   * Marks the run as begun: its cause is saved and not emitted yet. From here on it has exactly one
   * `run_end`. `seq` is the number of its first event.
   */
  begin(seq: number): void;
  /** Follows an event of the run that was recorded. */
  follow(event: SessionEvent): void;
}

/** The part of a sub-agent's run that its parent takes. */
export interface TaskRun {
  readonly parentRunId: string;
  /** Follows the recorded events of the sub-agent's run. */
  follow(event: SessionEvent): void;
}

/** Dependencies that all runs of a gateway share. */
export interface RunDeps {
  store: Pick<SessionStore, "loadMessages" | "entries" | "getSession" | "loadBlob">;
  agent: AgentRunner;
  limiter: RunLimiter;
  publish: Publish;
  /** Reports a failure of which clients get a code only. */
  onFailure: (error: unknown, during: string) => void;
  /** The number of messages that the agent gets. */
  maxContextMessages: number;
  /** The time that a stopped agent has before its run ends without it, in milliseconds. */
  abortGraceMs: number;
  /** Starts a sub-agent for a tool call of a run. */
  startTask: (parent: { sessionId: string; runId: string }, task: TaskRequest) => Promise<StartedTask>;
  now: () => number;
}

/** The outcome and cost with which the agent left a run. */
export type Ending = Omit<RunEnding, "timestamp" | "createId">;

/** Facts about earlier attempts of a run, which the agent's input is made from. */
interface Attempts {
  retryOf: string | undefined;
  /** The cost of the run's earlier attempts in US dollars. */
  spentUsd: number;
}

/**
 * Records the agent's events until the agent ends or fails, or until it was stopped and its grace
 * has passed.
 */
export async function pullAgent(
  deps: RunDeps,
  { log, run, retryOf, spentUsd }: { log: SessionLog; run: ActiveRun } & Attempts,
  record: (event: RunEvent) => Promise<void> | undefined,
): Promise<Ending> {
  const { runId, signal, steering, approvals, task } = run;
  let recording: Promise<void> | undefined;
  let isRecording = false;
  let isAbandoned = false;
  let failure: { reason: unknown } | undefined;

  /** Records a piece of the answer while `pull` waits, without a promise if the store has none. */
  function takePiece(event: RunEvent): boolean | Promise<boolean> {
    if (isAbandoned || failure || !isPiece(event)) return false;
    try {
      checkEvent(event, runId);
      isRecording = true;
      recording = record(event);
      if (recording) return recording.then(pieceTaken, pieceFailed);
      return pieceTaken();
    } catch (reason) {
      return pieceFailed(reason);
    }
  }

  function pieceTaken(): true {
    isRecording = false;
    return true;
  }

  /** Lets `pull` get the event, which throws the reason then. */
  function pieceFailed(reason: unknown): false {
    failure = { reason };
    return false;
  }

  async function pull(): Promise<Ending> {
    if (signal.aborted) return { outcome: stopReason(signal) };
    const { sessionId } = log;
    const limit = deps.maxContextMessages;
    const entries = await loadRunMessages(deps.store, sessionId, { limit, retryOf });
    const messages = await loadFiles(deps.store, sessionId, entries);
    const { costUsd: earlierUsd = 0, todo, parent } = (await deps.store.getSession(sessionId)) ?? {};
    const input: AgentInput = {
      sessionId,
      runId,
      messages,
      signal,
      sessionCostUsd: earlierUsd + spentUsd,
      takeSteering: () => steering.take(),
      decision: (callId, { signal: waiting }) => approvals.wait(callId, waiting),
      ...(todo && { todo }),
      ...(task && { parentRunId: task.parentRunId }),
      // A sub-agent starts no sub-agents.
      ...(!parent && { startTask: (request) => deps.startTask({ sessionId, runId }, request) }),
    };
    for await (const event of startAgent(deps.agent, input, takePiece)) {
      if (isAbandoned) break;
      if (failure) throw failure.reason;
      checkEvent(event, runId);
      if (event.type === "run_end") {
        const outcome = event.outcome === "aborted" ? stopReason(signal) : event.outcome;
        const { usage, costUsd } = event;
        ended = { outcome, usage, ...(costUsd !== undefined && { costUsd }) };
        // The agent may clean up for so long.
        grace.start();
        return ended;
      }
      // The gateway emits it: before that it may have to ask the agent again.
      if (event.type === "message_done") continue;
      approvals.follow(event);
      isRecording = true;
      recording = record(event);
      if (recording) await recording;
      isRecording = false;
    }
    throw new TypeError(
      "The agent returned without yielding `run_end`. It must be the last event of every run.",
    );
  }

  const grace = whenAborted(signal, deps.abortGraceMs);
  let ended: Ending | undefined;
  try {
    return await Promise.race([pull(), grace.elapsed.then(() => ended ?? { outcome: stopReason(signal) })]);
  } catch (error) {
    // Nobody asks this agent again: a message that comes now needs a run of its own.
    steering.close();
    if (!isStop(error, signal)) deps.onFailure(error, `run ${runId}`);
    if (signal.aborted) return { outcome: stopReason(signal) };
    return isRecording
      ? failed("STORE_FAILED", "The session could not be written.")
      : failed("AGENT_FAILED", "The agent failed.");
  } finally {
    isAbandoned = true;
    grace.cancel();
    // An event that is still being recorded must count before the run is closed.
    await recording?.catch(() => {});
  }
}

/** The pieces of an answer, which are nearly all events of a run. No approval depends on them. */
function isPiece({ type }: RunEvent): boolean {
  return type === "chunk" || type === "thinking" || type === "tool_input";
}

/** Returns true for an error whose only reason is that the run was stopped. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted || !isError(error)) return false;
  return error === signal.reason || error.name === "AbortError";
}

function stopReason({ reason }: AbortSignal): StopReason {
  return reason instanceof RunStopped ? reason.outcome : "aborted";
}

function failed(code: ErrorCode, message: string): Ending {
  return { outcome: "failed", error: { code: errorCodes[code], message, retryable: true } };
}

/** The time that an agent has to stop. */
interface Grace {
  /** Resolves when the time has passed. */
  elapsed: Promise<void>;
  /** Starts the time, unless it has started. */
  start: () => void;
  cancel: () => void;
}

/** Returns a grace that starts when `signal` aborts. */
function whenAborted(signal: AbortSignal, graceMs: number): Grace {
  let timer: NodeJS.Timeout | undefined;
  let start: () => void = () => {};
  const elapsed = new Promise<void>((resolve) => {
    start = () => {
      timer ??= setTimeout(resolve, graceMs);
    };
  });
  signal.addEventListener("abort", start, { once: true });
  if (signal.aborted) start();
  return {
    elapsed,
    start,
    cancel() {
      signal.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}
