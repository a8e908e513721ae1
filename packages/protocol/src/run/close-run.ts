import type {
  RetryRequest,
  RunErrorEvent,
  RunEvent,
  RunFailure,
  SessionEvent,
  ToolOutputEvent,
} from "../session/events.ts";
import {
  addCost,
  noUsage,
  type PartialReason,
  type RunCost,
  type RunOutcome,
  type Usage,
} from "../session/messages.ts";
import type { BegunTurn, ChunkEvent, ThinkingEvent } from "../session/streamed-events.ts";
import { cutToLine } from "./cut-to-line.ts";

/**
 * The progress of a run, as far as its end depends on it. It has all fields at all times: a copy of
 * one shape costs a fraction of a copy of many shapes, and each chunk makes one.
 */
export interface RunProgress {
  readonly runId: string;
  /** The text of all turns, joined. It includes text that never came as a chunk. */
  readonly text: string;
  /** The turn that streams at the moment. */
  readonly streaming: { readonly messageId: string; readonly content: string } | undefined;
  /** Tool calls of the last turn without a result, with their output so far. */
  readonly openCalls: readonly OpenCall[];
  readonly messageDone: boolean;
  readonly ended: boolean;
  /** The run that this run retries. */
  readonly retryOf: string | undefined;
  readonly retryRequest: RetryRequest | undefined;
  /** The error of the run, if it reported one. */
  readonly error: RunFailure | undefined;
  /** The cost of the turns so far, if they reported their usage. */
  readonly cost: RunCost | undefined;
  /** The cost of the turn that streams at the moment, as far as it is known. */
  readonly begun: RunCost | undefined;
}

/** A tool call without a result. */
interface OpenCall {
  callId: string;
  toolName: string;
  output: string;
  /** The session of the sub-agent that the call started. */
  taskSessionId?: string;
}

/** Returns the progress of a run without events. */
export function beginRun(runId: string): RunProgress {
  return {
    runId,
    text: "",
    streaming: undefined,
    openCalls: [],
    messageDone: false,
    ended: false,
    retryOf: undefined,
    retryRequest: undefined,
    error: undefined,
    cost: undefined,
    begun: undefined,
  };
}

/**
 * Pure: returns the progress after one more event of the session. Events of other runs change
 * nothing.
 */
export function nextRun(progress: RunProgress, event: SessionEvent | RunEvent): RunProgress {
  if (!("runId" in event) || event.runId !== progress.runId) return progress;
  switch (event.type) {
    case "chunk":
      return withText(progress, event, event.content);
    case "thinking":
      return withText(progress, event, "");
    case "tool_input":
      return withBegun(progress, event);
    case "assistant_message": {
      const { streaming } = progress;
      const streamed = streaming?.messageId === event.id ? streaming.content : "";
      const text = progress.text + unstreamedRest(event.content, streamed);
      const { usage, costUsd } = event;
      const cost = usage ? addCost(progress.cost, { usage, costUsd }) : progress.cost;
      const openCalls = (event.toolCalls ?? []).flatMap(toOpenCall);
      return { ...progress, text, streaming: undefined, openCalls, cost, begun: undefined };
    }
    case "tool_output":
      return { ...progress, openCalls: progress.openCalls.map((call) => withOutput(call, event)) };
    case "tool_done":
      return {
        ...progress,
        openCalls: progress.openCalls.filter(({ callId }) => callId !== event.callId),
      };
    case "message_done":
      return { ...progress, messageDone: true };
    case "run_end":
      return { ...progress, ended: true };
    case "run_start": {
      const { retryOf, retryRequest } = event;
      if (retryOf === undefined) return progress;
      return { ...progress, retryOf, retryRequest };
    }
    case "user_message":
    case "message_queued":
    case "compaction":
    case "tool_start":
    case "approval_request":
    case "approval_done":
    case "retry":
    case "todo_updated":
      return progress;
    case "error":
    case "run_error":
      return { ...progress, error: toFailure(event) };
  }
}

/** Adds the cost of a turn that begins. A turn that is sent again begins again. */
function withBegun(progress: RunProgress, { usage, costUsd }: BegunTurn): RunProgress {
  return usage ? { ...progress, begun: addCost(progress.begun, { usage, costUsd }) } : progress;
}

/** Adds a piece of the turn that streams, with its text. */
function withText(progress: RunProgress, event: ChunkEvent | ThinkingEvent, piece: string): RunProgress {
  const { runId, text, streaming, openCalls, messageDone, ended, retryOf, retryRequest, error, cost } =
    progress;
  const { messageId } = event;
  const { begun } = withBegun(progress, event);
  const before = streaming?.messageId === messageId ? streaming.content : "";
  return {
    runId,
    text: text + piece,
    streaming: { messageId, content: before + piece },
    openCalls,
    messageDone,
    ended,
    retryOf,
    retryRequest,
    error,
    cost,
    begun,
  };
}

/**
 * Returns the part of a turn's text that no chunk had: all of it where the agent does not stream.
 */
function unstreamedRest(content: string, streamed: string): string {
  return content.startsWith(streamed) ? content.slice(streamed.length) : "";
}

function toOpenCall({ callId, toolName }: { callId?: string; toolName: string }): OpenCall[] {
  return callId === undefined ? [] : [{ callId, toolName, output: "" }];
}

function withOutput(call: OpenCall, { callId, content, taskSessionId }: ToolOutputEvent): OpenCall {
  if (call.callId !== callId) return call;
  return { ...call, output: call.output + content, ...(taskSessionId !== undefined && { taskSessionId }) };
}

function toFailure({ code, message, retryable }: RunFailure): RunFailure {
  return { code, message, retryable };
}

/** The facts about the end of a run. */
export interface RunEnding {
  outcome: RunOutcome;
  timestamp: number;
  /** Creates the ids of added tool results. */
  createId: () => string;
  /** The reason why the run failed, or the limit that ended it. */
  error?: Omit<RunErrorEvent, "type" | "runId">;
  /** @default the sum of the turns */
  usage?: Usage;
  /**
   * The cost in US dollars.
   * @default the sum of the turns if `usage` is absent, and otherwise unknown
   */
  costUsd?: number;
}

/**
 * Returns the events that end a run, in order: a result for each open tool call, the unfinished
 * answer as a partial `assistant_message`, `error` if the run failed, `message_done` and `run_end`.
 *
 * Pure. Returns no events for a run that has ended. Aborts, failures and the recovery after a crash
 * all end a run this way.
 */
export function closeRun(progress: RunProgress, ending: RunEnding): RunEvent[] {
  if (progress.ended) return [];
  const { runId, streaming, retryOf, retryRequest } = progress;
  const { outcome, timestamp, createId, error } = ending;
  const partial: PartialReason = outcome === "aborted" ? "aborted" : "interrupted";
  const events: RunEvent[] = progress.openCalls.map(({ callId, toolName, output, ...task }) => ({
    type: "tool_done",
    runId,
    id: createId(),
    callId,
    toolName,
    output: `${cutToLine(output)}${output === "" ? "" : "\n"}[${partial}: the tool call has no result]`,
    isError: true,
    timestamp,
    ...task,
  }));
  if (streaming) {
    events.push({
      type: "assistant_message",
      runId,
      id: streaming.messageId,
      content: cutToLine(streaming.content),
      timestamp,
      partial,
      ...(retryOf !== undefined && { retryOf }),
    });
  }
  if (error) events.push({ type: "error", runId, ...error });
  if (!progress.messageDone) events.push({ type: "message_done", runId, content: cutToLine(progress.text) });
  const { begun } = progress;
  const cost = begun ? addCost(progress.cost, begun) : progress.cost;
  const { usage, costUsd } = ending.usage ? ending : { ...cost, ...ending };
  const failure = error ? toFailure(error) : progress.error;
  events.push({
    type: "run_end",
    runId,
    outcome,
    usage: usage ?? noUsage,
    ...(costUsd !== undefined && { costUsd }),
    timestamp,
    ...(retryOf !== undefined && { retryOf }),
    ...(retryRequest && { retryRequest }),
    ...(failure && { error: failure }),
  });
  return events;
}
