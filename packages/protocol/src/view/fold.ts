import { toMessageEntry } from "../run/convert.ts";
import type { NumberedEvent, UserMessageEvent } from "../session/events.ts";
import type { RunCost, RunOutcome, Usage } from "../session/messages.ts";
import type { MessageEntry, UserEntry } from "../session/transcript.ts";
import type { HistoryEvent, ResumedEvent, ResyncEvent } from "../wire/server-events.ts";
import { emptyView, type QueuedMessage, type SessionView, type ViewItem } from "./session-view.ts";
import { addEntry, indexOf, nextItems, prependEntries } from "./view-items.ts";

/** A frame that changes the view of one session. */
export type SessionFrame = NumberedEvent | ResumedEvent | ResyncEvent | HistoryEvent;

/**
 * Pure: returns the view of a session after one more frame of that session.
 *
 * An event that the view already contains changes nothing. `resync` starts the view again.
 * `history` adds older messages in front. Items that did not change remain the same objects.
 */
export function fold(view: SessionView, frame: SessionFrame): SessionView {
  if ("seq" in frame) return frame.seq <= view.lastSeq ? view : nextView(view, frame);
  if (frame.type === "resumed") return { ...view, epoch: frame.epoch };
  return frame.type === "resync" ? startAgain(view, frame) : withOlder(view, frame);
}

function startAgain({ title }: SessionView, resync: ResyncEvent): SessionView {
  const { epoch, upTo: lastSeq, runId, queued = [], todo, parent } = resync;
  const activeRuns = runId ? [runId] : [];
  return withOlder({ ...emptyView, title, epoch, lastSeq, activeRuns, queued, todo, parent }, resync);
}

function withOlder(view: SessionView, page: HistoryEvent | ResyncEvent): SessionView {
  const { messages, runEnds = [], hasMore } = page;
  const oldestSeq = view.oldestSeq ?? view.lastSeq + 1;
  const older = [...messages, ...runEnds]
    .filter((entry) => entry.seq < oldestSeq)
    .sort((one, other) => one.seq - other.seq);
  return hideRetried(
    {
      ...view,
      items: prependEntries(view.items, older),
      costs: addCosts(view.costs, older),
      oldestSeq: older[0]?.seq ?? view.oldestSeq,
      hasMore,
    },
    older.reduce(nextRetries, view.retries),
  );
}

/** Each part of the view depends on the event and on its own previous value. */
function nextView(before: SessionView, event: NumberedEvent): SessionView {
  const retries = nextRetries(before.retries, event);
  const view = "id" in event ? withMessage(before, toMessageEntry(event)) : withoutMessage(before, event);
  const next = {
    ...view,
    lastSeq: event.seq,
    queued: nextQueued(before.queued, event),
    activeRuns: nextActiveRuns(before.activeRuns, event),
    costs: addCosts(before.costs, [event]),
  };
  return retries === before.retries ? next : hideRetried(next, retries);
}

function withMessage(view: SessionView, message: MessageEntry): SessionView {
  const { editOf } = message as UserEntry;
  // A message that the view does not have is older than all that the view has.
  const items = editOf ? view.items.slice(0, Math.max(0, indexOf(view.items, editOf))) : view.items;
  return {
    ...view,
    items: addEntry(items, message),
    oldestSeq: (items[0] && view.oldestSeq) ?? message.seq,
  };
}

function withoutMessage(view: SessionView, event: Exclude<NumberedEvent, { id: string }>): SessionView {
  if (event.type === "session_updated") return { ...view, title: event.title || view.title };
  if (event.type === "todo_updated") return { ...view, todo: event.items };
  // A message that was canceled in the queue leaves nothing in the conversation.
  const isCanceled =
    event.type === "run_end" &&
    !view.activeRuns.includes(event.runId) &&
    view.queued.some(({ runId }) => runId === event.runId);
  return isCanceled ? view : { ...view, items: nextItems(view.items, event) };
}

/**
 * Moves the answers of runs that were retried out of the items. Messages of the user and summaries
 * stay.
 */
function hideRetried(view: SessionView, retries: ReadonlyMap<string, string>): SessionView {
  const retried = new Set<string | undefined>(retries.values());
  const isReplaced = ({ kind, runId }: ViewItem) => retried.has(runId) && !/user|compaction/.test(kind);
  return {
    ...view,
    retries,
    items: view.items.filter((item) => !isReplaced(item)),
    replaced: [...view.replaced, ...view.items.filter(isReplaced)],
  };
}

function nextQueued(queued: readonly QueuedMessage[], event: NumberedEvent): readonly QueuedMessage[] {
  if (event.type === "message_queued") return [...queued, event];
  if (event.type === "user_message") return withoutEntered(queued, event);
  return event.type === "run_end" ? queued.filter((message) => message.runId !== event.runId) : queued;
}

/**
 * A run is active from its first event until its `run_end`. The queueing of its message does not
 * count.
 */
function nextActiveRuns(runIds: readonly string[], event: NumberedEvent): readonly string[] {
  if (!("runId" in event) || event.type === "message_queued") return runIds;
  if (event.type === "run_end") return runIds.filter((runId) => runId !== event.runId);
  return runIds.includes(event.runId) ? runIds : [...runIds, event.runId];
}

function nextRetries(
  retries: ReadonlyMap<string, string>,
  event: { readonly seq: number; readonly runId?: string; readonly retryOf?: string },
): ReadonlyMap<string, string> {
  // An event with `retryOf` belongs to a run.
  const { runId, retryOf } = event;
  return retryOf ? new Map(retries).set(runId as string, retryOf) : retries;
}

/**
 * Removes the queued message that entered its run. Messages that steer one run differ only in their
 * request ids.
 */
function withoutEntered(
  queued: readonly QueuedMessage[],
  { runId, requestId }: UserMessageEvent,
): readonly QueuedMessage[] {
  const ofRun = queued.filter((message) => message.runId === runId);
  const entered = ofRun.find((message) => message.requestId === requestId) ?? ofRun[0];
  return queued.filter((message) => message !== entered);
}

/** The fields of messages, ends of runs and events. Only ends of runs have an outcome. */
interface Ending {
  readonly seq: number;
  readonly runId?: string;
  readonly usage?: Usage;
  readonly costUsd?: number;
  readonly outcome?: RunOutcome;
}

/** Adds the costs of runs that ended. They include requests that were cut. */
function addCosts(
  costs: ReadonlyMap<string, RunCost>,
  entries: readonly Ending[],
): ReadonlyMap<string, RunCost> {
  const ended = entries.flatMap(({ runId, usage, costUsd, outcome }) =>
    // A run without a word of a model has no answer, and no cost beside it.
    runId && outcome && usage?.outputTokens ? [[runId, { usage, costUsd, outcome }] as const] : [],
  );
  return ended.length > 0 ? new Map([...costs, ...ended]) : costs;
}
