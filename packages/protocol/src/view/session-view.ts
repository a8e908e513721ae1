import type { ApprovalRequestEvent, MessageQueuedEvent } from "../session/events.ts";
import type { ContentBlock, PartialReason, RunCost, RunOutcome, TodoItem } from "../session/messages.ts";
import type { ParentCall } from "../session/transcript.ts";

/** The view of a session in a client. A value: `fold` returns the next view for each frame. */
export interface SessionView {
  /** The epoch that `lastSeq` belongs to. Absent until the gateway has sent it. */
  readonly epoch?: string;
  /** The newest number in the view. */
  readonly lastSeq: number;
  /** The title in the newest `session_updated`. Empty before the first one. */
  readonly title: string;
  /** Messages, tool calls and other items, in the order of display. */
  readonly items: readonly ViewItem[];
  /** Messages behind other runs, oldest first. */
  readonly queued: readonly QueuedMessage[];
  /** Runs that started and have not ended, oldest first. */
  readonly activeRuns: readonly string[];
  /** The retries, from each run to the run that it retried. */
  readonly retries: ReadonlyMap<string, string>;
  /**
   * The items of retried runs, in order, without the user's messages. They are earlier versions of
   * answers, which no longer count.
   */
  readonly replaced: readonly ViewItem[];
  /** The costs of the runs that ended, by run. Runs without a known usage are missing. */
  readonly costs: ReadonlyMap<string, RunCost>;
  /** The agent's list of steps. Absent or empty while there is none. */
  readonly todo?: readonly TodoItem[] | undefined;
  /** The tool call that started the session, if it is the session of a sub-agent. */
  readonly parent?: ParentCall | undefined;
  /** The number of the oldest message in the view. Absent if the view has none. */
  readonly oldestSeq?: number | undefined;
  /** True if the session has older messages. */
  readonly hasMore: boolean;
}

interface ViewItemFields {
  /** A key that is unique in the session. It does not change when the item is complete. */
  readonly key: string;
  readonly seq: number;
  readonly runId: string | undefined;
}

/** A message of the user. */
export interface UserItem extends ViewItemFields {
  readonly kind: "user";
  readonly content: string;
  readonly timestamp: number;
  /** The parts of a message with files. `filesOf` and `textOf` read them. */
  readonly blocks?: readonly ContentBlock[] | undefined;
  /** The id of the client's message event. */
  readonly requestId: string | undefined;
}

/** The answer of the model in one turn. */
export interface AssistantItem extends ViewItemFields {
  readonly kind: "assistant";
  readonly content: string;
  readonly thinking: string;
  /** The parts of an answer with files. Absent while the answer streams. */
  readonly blocks?: readonly ContentBlock[] | undefined;
  readonly streaming: boolean;
  readonly partial: PartialReason | undefined;
  /** The model that answered. Absent while the answer streams. */
  readonly model: string | undefined;
  /** The time of its end. Absent while the answer streams. */
  readonly timestamp: number | undefined;
}

/** A tool call and its result. */
export interface ToolItem extends ViewItemFields {
  readonly kind: "tool";
  /** The id of the call. Absent in legacy files. */
  readonly callId: string | undefined;
  readonly toolName: string;
  /** Empty while the model writes the call. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The beginning of the input as JSON. Set while the model writes the call. */
  readonly inputText?: string | undefined;
  readonly phase: "called" | "running" | "done" | "failed";
  /** True if the call failed because a user or a rule denied it. */
  readonly isDenied: boolean | undefined;
  readonly output: string;
  /** The running time in milliseconds. Absent while the tool runs, and where it is unknown. */
  readonly durationMs: number | undefined;
  /** The exit code of the tool's process, if it ran one. */
  readonly exitCode: number | undefined;
  /** The time of the result. Absent while the tool runs. */
  readonly timestamp: number | undefined;
  /** The parts of a result with files. `filesOf` and `textOf` read them. */
  readonly blocks?: readonly ContentBlock[] | undefined;
  /** The purpose of the call in words, while the call waits for a user's decision. */
  readonly asksFor: Pick<ApprovalRequestEvent, "reason" | "code"> | undefined;
  /** The session of the sub-agent that the call started. */
  readonly taskSessionId?: string | undefined;
}

/** The reason why a run failed. */
export interface ErrorItem extends ViewItemFields {
  readonly kind: "error";
  readonly code: string;
  readonly message: string;
}

/** The end of a run that has no answer. */
export interface OutcomeItem extends ViewItemFields {
  readonly kind: "outcome";
  readonly outcome: Exclude<RunOutcome, "completed">;
}

/** A model call that will be repeated. The item disappears when the model answers. */
export interface RetryItem extends ViewItemFields {
  readonly kind: "retry";
  readonly attempt: number;
  readonly code: string;
}

/** A summary of the earlier conversation. The model gets the summary instead. */
export interface CompactionItem extends ViewItemFields {
  readonly kind: "compaction";
  readonly content: string;
}

/** One item of a session view. */
export type ViewItem =
  | UserItem
  | AssistantItem
  | ToolItem
  | ErrorItem
  | OutcomeItem
  | RetryItem
  | CompactionItem;

/** An accepted message that no run has started to process, as it was recorded. */
export type QueuedMessage = Pick<
  MessageQueuedEvent,
  "runId" | "content" | "blocks" | "timestamp" | "requestId"
>;

/** The view of a session before its first frame. */
export const emptyView: SessionView = {
  lastSeq: 0,
  title: "",
  items: [],
  queued: [],
  activeRuns: [],
  retries: new Map(),
  replaced: [],
  costs: new Map(),
  hasMore: false,
};
