import { toEntry } from "../run/convert.ts";
import type { MessageQueuedEvent, NumberedEvent, UserMessageEvent } from "../session/events.ts";
import { addUsage } from "../session/messages.ts";
import { isMessageEntry, type MessageEntry } from "../session/transcript.ts";
import type { HistoryEvent, ResumedEvent, ResyncEvent } from "../wire/server-events.ts";
import { emptyView, type QueuedMessage, type RunCost, type SessionView } from "./session-view.ts";
import { addEntry, nextItems, prependEntries, withoutAnswers } from "./view-items.ts";

/** A frame that says something of one session. */
export type SessionFrame = NumberedEvent | ResumedEvent | ResyncEvent | HistoryEvent;

/**
 * Pure: what a client shows of a session after one more frame of that session.
 *
 * An event that is in the view already changes nothing; `resync` begins the view anew; `history` puts older messages
 * before the others. Items that did not change are the same objects.
 */
export function fold(view: SessionView, frame: SessionFrame): SessionView {
  if ("seq" in frame) return frame.seq <= view.lastSeq ? view : nextView(view, frame);
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
  const { epoch, upTo: lastSeq, runId, queued = [] } = resync;
  const activeRuns = runId === undefined ? [] : [runId];
  return withOlder({ ...emptyView, title, epoch, lastSeq, activeRuns, queued: queued.map(toQueued) }, resync);
}

function withOlder(view: SessionView, { messages, hasMore }: HistoryEvent | ResyncEvent): SessionView {
  const { oldestSeq = view.lastSeq + 1 } = view;
  const older = messages.filter(({ seq }) => seq < oldestSeq);
  const retriedRuns = older.reduce(nextRetriedRuns, view.retriedRuns);
  return {
    ...view,
    items: withoutAnswers(prependEntries(view.items, older), retriedRuns),
    retriedRuns,
    costs: addCosts(view.costs, older),
    ...(older[0] && { oldestSeq: older[0].seq }),
    hasMore,
  };
}

/** Each part of a view follows the events by itself. */
function nextView(view: SessionView, event: NumberedEvent): SessionView {
  const entry = toEntry(event);
  const message = entry && isMessageEntry(entry) ? entry : undefined;
  const items = message ? addEntry(view.items, message) : itemsAfter(view, event);
  const retriedRuns = nextRetriedRuns(view.retriedRuns, event);
  return {
    ...view,
    lastSeq: event.seq,
    title: (event.type === "session_updated" && event.title) || view.title,
    items: retriedRuns === view.retriedRuns ? items : withoutAnswers(items, retriedRuns),
    queued: nextQueued(view.queued, event),
    activeRuns: nextActiveRuns(view.activeRuns, event),
    retriedRuns,
    ...(message && {
      costs: addCosts(view.costs, [message]),
      oldestSeq: view.oldestSeq ?? message.seq,
    }),
  };
}

/** Of a message that is called off while it waits, nothing is shown. */
function itemsAfter({ items, queued, activeRuns }: SessionView, event: NumberedEvent): SessionView["items"] {
  const isCalledOff =
    event.type === "run_end" &&
    !activeRuns.includes(event.runId) &&
    queued.some(({ runId }) => runId === event.runId);
  return isCalledOff ? items : nextItems(items, event);
}

function nextQueued(queued: readonly QueuedMessage[], event: NumberedEvent): readonly QueuedMessage[] {
  if (event.type === "message_queued") return [...queued, toQueued(event)];
  if (event.type === "user_message") return withoutEntered(queued, event);
  return event.type === "run_end" ? queued.filter(({ runId }) => runId !== event.runId) : queued;
}

/** A run begins with whatever is heard of it first, but for the message that waits for it. */
function nextActiveRuns(runIds: readonly string[], event: NumberedEvent): readonly string[] {
  if (event.type === "session_updated" || event.type === "message_queued") return runIds;
  if (event.type === "run_end") return runIds.filter((runId) => runId !== event.runId);
  return runIds.includes(event.runId) ? runIds : [...runIds, event.runId];
}

function nextRetriedRuns(runIds: readonly string[], event: NumberedEvent | MessageEntry): readonly string[] {
  const retried = "retryOf" in event ? event.retryOf : undefined;
  return retried === undefined || runIds.includes(retried) ? runIds : [...runIds, retried];
}

/** Messages that steer a run have its `runId`; then their own ids tell them apart, or their order if an agent leaves those out. */
function withoutEntered(
  queued: readonly QueuedMessage[],
  { runId, requestId }: UserMessageEvent,
): readonly QueuedMessage[] {
  const ofRun = queued.filter((message) => message.runId === runId);
  const entered = ofRun.find((message) => message.requestId === requestId) ?? ofRun[0];
  return queued.filter((message) => message !== entered);
}

function toQueued({ runId, content, requestId }: MessageQueuedEvent): QueuedMessage {
  return { runId, content, requestId };
}

/** Pure: the costs by run, with those of more messages. */
function addCosts(
  costs: ReadonlyMap<string, RunCost>,
  entries: readonly MessageEntry[],
): ReadonlyMap<string, RunCost> {
  let sum: Map<string, RunCost> | undefined;
  for (const entry of entries) {
    if (entry.role !== "assistant" || !entry.usage || entry.runId === undefined) continue;
    const { runId, usage, costUsd } = entry;
    sum ??= new Map(costs);
    sum.set(runId, addCost(sum.get(runId), { usage, costUsd }));
  }
  return sum ?? costs;
}

function addCost(before: RunCost | undefined, turn: RunCost): RunCost {
  if (!before) return turn;
  const isKnown = before.costUsd !== undefined && turn.costUsd !== undefined;
  return {
    usage: addUsage(before.usage, turn.usage),
    costUsd: isKnown ? before.costUsd + turn.costUsd : undefined,
  };
}
