import type {
  AgentInput,
  AgentRunner,
  ErrorCode,
  Numbered,
  RunEnding,
  RunEvent,
  SessionEvent,
  SessionLog,
  SessionStore,
  Usage,
  UserMessage,
  UserMessageEvent,
} from "@mini-openclaw/protocol";
import { beginRun, closeRun, errorCodes, nextRun } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import type { Decisions } from "./decisions.ts";
import type { Steering } from "./steering.ts";
import { whenAborted } from "./when-aborted.ts";

/** What all runs of a gateway share. */
export interface RunnerParts {
  store: Pick<SessionStore, "loadMessages">;
  agent: AgentRunner;
  /** Shows recorded events to the session's watchers. */
  publish: (recorded: readonly Numbered[]) => void;
  /** Hears of failures that the wire only names by a code. */
  onFailure: (error: unknown, during: string) => void;
  /** Messages of the session that the agent gets. */
  maxContextMessages: number;
  /** How long an aborted agent may go on before its run is ended without it. */
  abortGraceMs: number;
  now: () => number;
}

/** One user message on its way through the agent. */
export interface RunRequest {
  log: SessionLog;
  runId: string;
  message: Pick<UserMessageEvent, "content" | "requestId">;
  /** Aborted with a {@link StopReason}. */
  signal: AbortSignal;
  /** What users say to it while it goes on. */
  steering: Steering;
  /** What users decide on its tool calls. */
  decisions: Decisions;
  /** Called when the user message is kept: from here on the run ends in exactly one `run_end`. */
  onAccepted: () => void;
}

/** Why a run is stopped from outside, in the words of its `run_end`. */
export type StopReason = "aborted" | "interrupted";

type Ending = Omit<RunEnding, "timestamp" | "createId">;

/**
 * The trip of one message: record it, pull the agent, record and then show each event, end with one `run_end`.
 *
 * Durable before visible: nobody sees an event that a crash could lose. The agent's generator stands still until its
 * last event is kept, so a tool starts only when its call is on disk. Rejects when the store cannot keep the message or
 * the end; the next opening of the log then ends the run.
 */
export async function runMessage(parts: RunnerParts, run: RunRequest): Promise<void> {
  const { log, runId, message, steering } = run;
  let progress = beginRun(runId);

  async function record(events: readonly SessionEvent[]): Promise<void> {
    const recorded = log.record(events);
    parts.publish(recorded instanceof Promise ? await recorded : recorded);
    for (const event of events) progress = nextRun(progress, event);
  }

  await record([{ type: "user_message", runId, id: createId(), timestamp: parts.now(), ...message }]);
  run.onAccepted();
  let ending = await pullAgent(parts, run, (event) => record([event]));
  // An agent that does not take what users say meanwhile is asked again: a run with steering pending is not completed.
  while (ending.outcome === "completed" && steering.waitingCount > 0) {
    await record(steering.take().map((said) => toUserMessageEvent(runId, said)));
    const again = await pullAgent(parts, run, async (event) => {
      if (event.type !== "run_start") await record([event]);
    });
    ending = { ...again, usage: addUsage(ending.usage, again.usage) };
  }
  const closing = closeRun(progress, { ...ending, timestamp: parts.now(), createId });
  const unread = steering.close().map((said) => toUserMessageEvent(runId, said));
  // After the results of the last turn, before the last words: so it is read by the run that comes next.
  const lastWords = closing.findIndex(({ type }) => type === "message_done" || type === "run_end");
  await record([...closing.slice(0, lastWords), ...unread, ...closing.slice(lastWords)]);
}

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

function addUsage(one: Usage = noUsage, other: Usage = noUsage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
  };
}

function toUserMessageEvent(runId: string, { role: _role, ...said }: UserMessage): UserMessageEvent {
  return { type: "user_message", runId, id: createId(), ...said };
}

/** Records what the agent yields up to its end, its failure, or the end of its grace after an abort. */
async function pullAgent(
  parts: RunnerParts,
  { log, runId, signal, steering, decisions }: RunRequest,
  record: (event: RunEvent) => Promise<void>,
): Promise<Ending> {
  let recording: Promise<void> | undefined;
  let abandoned = false;

  async function pull(): Promise<Ending> {
    if (signal.aborted) return { outcome: stopReason(signal) };
    const { sessionId } = log;
    const messages = await parts.store.loadMessages(sessionId, { limit: parts.maxContextMessages });
    const input: AgentInput = {
      sessionId,
      runId,
      messages,
      signal,
      takeSteering: () => steering.take(),
      decision: (callId, { signal: waiting }) => decisions.wait(callId, waiting),
    };
    for await (const event of parts.agent.run(input)) {
      if (abandoned) break;
      if (event.type === "run_end") {
        const outcome = event.outcome === "aborted" ? stopReason(signal) : event.outcome;
        return { outcome, usage: event.usage };
      }
      // The last words are the gateway's: it may have to ask the agent again before them.
      if (event.type === "message_done") continue;
      if (event.runId !== runId) throw new TypeError(`the agent yielded ${event.type} of run ${event.runId}`);
      decisions.see(event);
      recording = record(event);
      await recording;
      recording = undefined;
    }
    throw new TypeError("the agent returned without run_end");
  }

  const grace = whenAborted(signal, parts.abortGraceMs);
  try {
    return await Promise.race([pull(), grace.elapsed.then((): Ending => ({ outcome: stopReason(signal) }))]);
  } catch (error) {
    parts.onFailure(error, `run ${runId}`);
    if (signal.aborted) return { outcome: stopReason(signal) };
    return recording
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
