import type { PartialReason, RunOutcome } from "./messages.ts";

/** What a client shows of a session. A value: each frame makes the next one from it, with `fold`. */
export interface SessionView {
  /** The life of the session's numbers that `lastSeq` belongs to; absent until the gateway told it. */
  readonly epoch?: string;
  /** The newest number that is in here. */
  readonly lastSeq: number;
  /** As `session_updated` last told it; empty before. */
  readonly title: string;
  /** What was said and done, in the order in which it is shown. */
  readonly items: readonly ViewItem[];
  /** Messages that wait for the runs before them, oldest first. */
  readonly queued: readonly QueuedMessage[];
  /** Runs that began and have not ended, oldest first. */
  readonly activeRuns: readonly string[];
  /** Place of the oldest message in here; absent while there is none. */
  readonly oldestSeq?: number;
  /** Whether the session has messages before that one. */
  readonly hasMore: boolean;
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

/** One thing of a session to show. */
export type ViewItem = UserItem | AssistantItem | ToolItem | ErrorItem | OutcomeItem | RetryItem;

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
  hasMore: false,
};
