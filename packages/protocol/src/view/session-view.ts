import type { PartialReason, RunOutcome, Usage } from "../session/messages.ts";

/**
 * What a client shows of a session. A value: each frame makes the next one from it, with `fold`.
 */
export interface SessionView {
  /**
   * The life of the session's numbers that `lastSeq` belongs to; absent until the gateway told it.
   */
  readonly epoch?: string;
  /** The newest number that is in here. */
  readonly lastSeq: number;
  /** The title in the newest `session_updated`; empty before the first one. */
  readonly title: string;
  /** What was said and done, in the order in which it is shown. */
  readonly items: readonly ViewItem[];
  /** Messages that wait for the runs before them, oldest first. */
  readonly queued: readonly QueuedMessage[];
  /** Runs that began and have not ended, oldest first. */
  readonly activeRuns: readonly string[];
  /** Runs that were started over: of these, only what the user said is shown. */
  readonly retriedRuns: readonly string[];
  /** What the runs shown have cost so far, by run; one of which nobody counted is missing. */
  readonly costs: ReadonlyMap<string, RunCost>;
  /** Place of the oldest message in here; absent while there is none. */
  readonly oldestSeq?: number;
  /** Whether the session has messages before that one. */
  readonly hasMore: boolean;
}

/** What a run cost: the sum of its turns. */
export interface RunCost {
  readonly usage: Usage;
  /** In US dollars; `undefined` where the price of one of its turns is not known. */
  readonly costUsd: number | undefined;
}

interface ViewItemFields {
  /** Unique in the session; the same before and after the item is complete. */
  readonly key: string;
  readonly seq: number;
  readonly runId: string | undefined;
}

/** What the user said. */
export interface UserItem extends ViewItemFields {
  readonly kind: "user";
  readonly content: string;
  /** The id under which a client sent it. */
  readonly requestId: string | undefined;
}

/** What the model said in one turn. */
export interface AssistantItem extends ViewItemFields {
  readonly kind: "assistant";
  readonly content: string;
  readonly thinking: string;
  readonly streaming: boolean;
  readonly partial: PartialReason | undefined;
  /** The model that said it; absent while it streams. */
  readonly model: string | undefined;
}

/** A tool call and its result. */
export interface ToolItem extends ViewItemFields {
  readonly kind: "tool";
  /** Absent where the transcript has none (files of the tutorial's code). */
  readonly callId: string | undefined;
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly phase: "called" | "running" | "done" | "failed";
  readonly output: string;
  /** How long it ran, in milliseconds; absent while it runs, and where nobody measured. */
  readonly durationMs: number | undefined;
  /** Of the process that it ran, if it was one. */
  readonly exitCode: number | undefined;
  /** What it is about to do, in words, while it waits for a user's decision. */
  readonly asksFor: string | undefined;
}

/** Why a run failed. */
export interface ErrorItem extends ViewItemFields {
  readonly kind: "error";
  readonly code: string;
  readonly message: string;
}

/** How a run ended that gave no answer. */
export interface OutcomeItem extends ViewItemFields {
  readonly kind: "outcome";
  readonly outcome: Exclude<RunOutcome, "completed">;
}

/** The model will be asked again. There until it answers. */
export interface RetryItem extends ViewItemFields {
  readonly kind: "retry";
  readonly attempt: number;
  readonly code: string;
}

/** The conversation before it was summed up; the model is shown this instead. */
export interface CompactionItem extends ViewItemFields {
  readonly kind: "compaction";
  readonly content: string;
}

/** One thing of a session to show. */
export type ViewItem =
  | UserItem
  | AssistantItem
  | ToolItem
  | ErrorItem
  | OutcomeItem
  | RetryItem
  | CompactionItem;

/** A message that was accepted and that no run has taken up yet. */
export interface QueuedMessage {
  readonly runId: string;
  readonly content: string;
  /** The id under which a client sent it. */
  readonly requestId: string | undefined;
}

/** Of a session of which nothing is known. */
export const emptyView: SessionView = {
  lastSeq: 0,
  title: "",
  items: [],
  queued: [],
  activeRuns: [],
  retriedRuns: [],
  costs: new Map(),
  hasMore: false,
};
