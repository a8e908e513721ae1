import type { MessageQueuedEvent, RunProgress, SessionEvent } from "@mini-openclaw/protocol";
import { beginRun, closeRun, nextRun, toSessionEvent } from "@mini-openclaw/protocol";

/** The runs that have not ended, and the messages that wait, in the order in which they came. */
export type OpenRuns = ReadonlyMap<string, OpenRun>;

interface OpenRun {
  readonly progress: RunProgress;
  readonly started: boolean;
  /** Messages of the run that no `user_message` took up yet. */
  readonly queued: readonly MessageQueuedEvent[];
}

export const noOpenRuns: OpenRuns = new Map();

/** Pure: the open runs after one more event of the session. */
export function nextOpenRuns(runs: OpenRuns, event: SessionEvent): OpenRuns {
  if (!("runId" in event)) return runs;
  const next = new Map(runs);
  const run = runs.get(event.runId) ?? { progress: beginRun(event.runId), started: false, queued: [] };
  if (event.type === "run_end") next.delete(event.runId);
  else next.set(event.runId, nextOpenRun(run, event));
  return next;
}

function nextOpenRun(run: OpenRun, event: Exclude<SessionEvent, { type: "session_updated" }>): OpenRun {
  if (event.type === "message_queued") return { ...run, queued: [...run.queued, event] };
  return {
    progress: nextRun(run.progress, event),
    started: run.started || event.type === "run_start",
    queued: event.type === "user_message" ? run.queued.slice(1) : run.queued,
  };
}

/**
 * What must still happen for every run to end after its writer died: the unfinished run's missing results and
 * partial answer, a user line for each message that waited, and one `run_end {interrupted}` each.
 */
export function closeOpenRuns(
  runs: OpenRuns,
  ending: { timestamp: number; createId: () => string },
): SessionEvent[] {
  return [...runs.values()].flatMap(({ progress, started, queued }) => {
    const closing = closeRun(progress, { outcome: "interrupted", ...ending }).map(toSessionEvent);
    // The last words of a run come after the messages that were meant for it.
    const isLast = (event: SessionEvent) => event.type === "message_done" || event.type === "run_end";
    return [
      ...closing.filter((event) => !isLast(event)),
      ...queued.map((message) => toUserMessage(message, ending.createId())),
      ...closing.filter((event) => isLast(event) && (started || event.type === "run_end")),
    ];
  });
}

function toUserMessage(message: MessageQueuedEvent, id: string): SessionEvent {
  const { runId, content, timestamp, requestId } = message;
  return {
    type: "user_message",
    runId,
    id,
    content,
    timestamp,
    ...(requestId !== undefined && { requestId }),
  };
}
