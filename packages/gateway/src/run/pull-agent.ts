import type {
  AgentInput,
  AgentRunner,
  ErrorCode,
  RunEnding,
  RunEvent,
  SessionLog,
  SessionStore,
} from "@mini-openclaw/protocol";
import { errorCodes } from "@mini-openclaw/protocol";
import type { Decisions } from "./approvals.ts";
import { checkEvent, startAgent } from "./check-agent.ts";
import { loadRunMessages } from "./load-messages.ts";
import type { Publish } from "./record.ts";
import type { RunCause } from "./run-cause.ts";
import type { Places } from "./run-limiter.ts";
import type { Steering } from "./steering.ts";
import { whenAborted } from "./when-aborted.ts";

/** What all runs of a gateway share. */
export interface RunnerParts {
  store: Pick<SessionStore, "loadMessages" | "entries" | "getSession">;
  agent: AgentRunner;
  places: Places;
  publish: Publish;
  /** Hears of failures that the wire only names by a code. */
  onFailure: (error: unknown, during: string) => void;
  /** Messages of the session that the agent gets. */
  maxContextMessages: number;
  /** How long an aborted agent may go on before its run is ended without it. */
  abortGraceMs: number;
  now: () => number;
}

/** One message or retry on its way through the agent. */
export interface RunRequest {
  log: SessionLog;
  runId: string;
  cause: RunCause;
  /** Aborted with a {@link StopReason}. */
  signal: AbortSignal;
  /** What users say to it while it goes on. */
  steering: Steering;
  /** What users decide on its tool calls. */
  decisions: Decisions;
  /** Called when the cause is kept, before it is shown: from here on the run ends in exactly one `run_end`. */
  onAccepted: () => void;
}

/** Why a run is stopped from outside, in the words of its `run_end`. */
export type StopReason = "aborted" | "interrupted";

/** How the agent left a run. */
export type Ending = Omit<RunEnding, "timestamp" | "createId">;

/** What the agent is to know of the run besides its request. */
interface RunSoFar {
  retryOf: string | undefined;
  /** What it has cost already, in US dollars, where the agent is asked again. */
  spentUsd: number;
}

/** Records what the agent yields up to its end, its failure, or the end of its grace after an abort. */
export async function pullAgent(
  parts: RunnerParts,
  { log, runId, signal, steering, decisions, retryOf, spentUsd }: RunRequest & RunSoFar,
  record: (event: RunEvent) => Promise<void> | undefined,
): Promise<Ending> {
  let recording: Promise<void> | undefined;
  let isRecording = false;
  let abandoned = false;

  async function pull(): Promise<Ending> {
    if (signal.aborted) return { outcome: stopReason(signal) };
    const { sessionId } = log;
    const limit = parts.maxContextMessages;
    const messages = await loadRunMessages(parts.store, sessionId, { limit, retryOf });
    const { costUsd: earlierUsd = 0 } = (await parts.store.getSession(sessionId)) ?? {};
    const input: AgentInput = {
      sessionId,
      runId,
      messages,
      signal,
      sessionCostUsd: earlierUsd + spentUsd,
      takeSteering: () => steering.take(),
      decision: (callId, { signal: waiting }) => decisions.wait(callId, waiting),
    };
    for await (const event of startAgent(parts.agent, input)) {
      if (abandoned) break;
      checkEvent(event, runId);
      if (event.type === "run_end") {
        const outcome = event.outcome === "aborted" ? stopReason(signal) : event.outcome;
        const { usage, costUsd } = event;
        return { outcome, usage, ...(costUsd !== undefined && { costUsd }) };
      }
      // The last words are the gateway's: it may have to ask the agent again before them.
      if (event.type === "message_done") continue;
      decisions.see(event);
      isRecording = true;
      recording = record(event);
      if (recording) await recording;
      isRecording = false;
    }
    throw new TypeError(
      "The agent returned without yielding `run_end`. It must be the last event of every run.",
    );
  }

  const grace = whenAborted(signal, parts.abortGraceMs);
  try {
    return await Promise.race([pull(), grace.elapsed.then((): Ending => ({ outcome: stopReason(signal) }))]);
  } catch (error) {
    // Nobody asks this agent again: a message that comes now needs a run of its own.
    steering.close();
    parts.onFailure(error, `run ${runId}`);
    if (signal.aborted) return { outcome: stopReason(signal) };
    return isRecording
      ? failed("STORE_FAILED", "The session could not be written.")
      : failed("AGENT_FAILED", "The agent failed.");
  } finally {
    abandoned = true;
    grace.cancel();
    // What was being kept when the agent was given up must be counted before the run is closed.
    await recording?.catch(() => undefined);
  }
}

function stopReason(signal: AbortSignal): StopReason {
  return signal.reason === "interrupted" ? "interrupted" : "aborted";
}

function failed(code: ErrorCode, message: string): Ending {
  return { outcome: "failed", error: { code: errorCodes[code], message, retryable: true } };
}
