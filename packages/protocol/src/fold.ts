import { toEntry } from "./convert.ts";
import type { MessageQueuedEvent, NumberedEvent, UserMessageEvent } from "./events.ts";
import { addCosts } from "./run-costs.ts";
import { emptyView, type QueuedMessage, type SessionView } from "./session-view.ts";
import type { MessageEntry } from "./transcript.ts";
import { addEntry, endRun, nextItems, prependEntries, streamText, withoutAnswers } from "./view-items.ts";
import type { HistoryEvent, ResumedEvent, ResyncEvent } from "./wire.ts";

/** A frame that says something of one session. */
export type SessionFrame = NumberedEvent | ResumedEvent | ResyncEvent | HistoryEvent;

/**
 * Pure: what a client shows of a session after one more frame of that session.
 *
 * An event that is in the view already changes nothing; `resync` begins the view anew; `history` puts older messages
 * before the others. Items that did not change are the same objects.
 */
export function fold(view: SessionView, frame: SessionFrame): SessionView {
  if ("seq" in frame) {
    return frame.seq <= view.lastSeq ? view : nextView({ ...view, lastSeq: frame.seq }, frame);
  }
  switch (frame.type) {
    case "resumed":
      return { ...view, epoch: frame.epoch };
    case "resync":
      return begin(view, frame);
    case "history":
      return withOlder(view, frame);
  }
}

function begin({ title }: SessionView, resync: ResyncEvent): SessionView {
  const { epoch, upTo, messages, hasMore, runId, queued = [] } = resync;
  const retriedRuns = retriedBy(messages);
  return {
    ...emptyView,
    title,
    epoch,
    lastSeq: upTo,
    items: withoutAnswers(messages.reduce(addEntry, emptyView.items), retriedRuns),
    queued: queued.map(toQueued),
    activeRuns: runId === undefined ? [] : [runId],
    retriedRuns,
    costs: messages.reduce(addCosts, emptyView.costs),
    ...oldest(messages),
    hasMore,
  };
}

function withOlder(view: SessionView, { messages, hasMore }: HistoryEvent): SessionView {
  const { oldestSeq = view.lastSeq + 1 } = view;
  const older = messages.filter(({ seq }) => seq < oldestSeq);
  const retriedRuns = [...retriedBy(older), ...view.retriedRuns];
  const items = withoutAnswers(prependEntries(view.items, older), retriedRuns);
  const costs = older.reduce(addCosts, view.costs);
  return { ...view, items, retriedRuns, costs, ...oldest(older), hasMore };
}

function retriedBy(messages: readonly MessageEntry[]): string[] {
  const runIds = messages.flatMap((entry) => (entry.role === "assistant" ? (entry.retryOf ?? []) : []));
  return [...new Set(runIds)];
}

function oldest([first]: readonly { seq: number }[]): { oldestSeq?: number } {
  return first === undefined ? {} : { oldestSeq: first.seq };
}

function nextView(view: SessionView, event: NumberedEvent): SessionView {
  switch (event.type) {
    case "user_message": {
      const queued = view.queued.filter((message) => !isSame(message, event));
      return activate({ ...withEntry(view, event), queued }, event.runId);
    }
    case "message_queued":
      return { ...view, queued: [...view.queued, toQueued(event)] };
    case "session_updated":
      return { ...view, title: event.title ?? view.title };
    case "assistant_message":
      return activate(startOver(withEntry(view, event), event.retryOf), event.runId);
    case "tool_done":
    case "compaction":
      return activate(withEntry(view, event), event.runId);
    case "run_start":
      return activate(startOver(view, event.retryOf), event.runId);
    case "message_done":
      return activate(view, event.runId);
    case "chunk":
    case "thinking":
      return activate({ ...view, items: streamText(view.items, event) }, event.runId);
    case "tool_start":
    case "tool_output":
    case "approval_request":
    case "approval_done":
    case "retry":
    case "error":
      return activate({ ...view, items: nextItems(view.items, event) }, event.runId);
    case "run_end":
      return {
        ...view,
        items: endRun(view.items, event),
        queued: view.queued.filter(({ runId }) => runId !== event.runId),
        activeRuns: view.activeRuns.filter((runId) => runId !== event.runId),
      };
  }
}

function withEntry(view: SessionView, event: NumberedEvent): SessionView {
  const entry = toEntry(event);
  if (!entry || !("role" in entry)) return view;
  return {
    ...view,
    items: addEntry(view.items, entry),
    costs: addCosts(view.costs, entry),
    oldestSeq: view.oldestSeq ?? entry.seq,
  };
}

function startOver(view: SessionView, runId: string | undefined): SessionView {
  if (runId === undefined || view.retriedRuns.includes(runId)) return view;
  const retriedRuns = [...view.retriedRuns, runId];
  return { ...view, retriedRuns, items: withoutAnswers(view.items, retriedRuns) };
}

function activate(view: SessionView, runId: string): SessionView {
  return view.activeRuns.includes(runId) ? view : { ...view, activeRuns: [...view.activeRuns, runId] };
}

/** Messages that steer a run have its `runId`; then their own ids tell them apart. */
function isSame(queued: QueuedMessage, { runId, requestId }: UserMessageEvent): boolean {
  if (queued.requestId === undefined || requestId === undefined) return queued.runId === runId;
  return queued.requestId === requestId;
}

function toQueued({ runId, content, requestId }: MessageQueuedEvent): QueuedMessage {
  return { runId, content, requestId };
}
