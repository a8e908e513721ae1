import type { Limits, PartialReason, RunOutcome } from "@mini-openclaw/protocol";

/** All that the page shows of a session. A value: each event makes the next one from it. */
export interface Chat {
  readonly sessionId: string | undefined;
  readonly limits: Limits | undefined;
  readonly title: string;
  /** The newest number of this session that this connection brought; 0 before the first. */
  readonly lastSeq: number;
  /** In the order in which it is shown. */
  readonly items: readonly Item[];
  /** Messages that no run has taken up yet, shown after all items. */
  readonly waiting: readonly WaitingMessage[];
  /** Runs that began and have not ended, oldest first. */
  readonly activeRuns: readonly string[];
  /** The run that the user asked to stop, until it ends. */
  readonly stopping: string | undefined;
  /** Place of the oldest message that is loaded; `undefined` until messages were loaded. */
  readonly oldestSeq: number | undefined;
  /** Whether the gateway has messages before that one. */
  readonly hasMore: boolean;
}

interface ItemFields {
  /** Unique in the session; the same before and after the item is complete. */
  readonly key: string;
  readonly seq: number;
  readonly runId: string | undefined;
}

/** What the user said. */
export interface UserItem extends ItemFields {
  readonly kind: "user";
  readonly content: string;
  /** The id under which a client sent it. */
  readonly requestId: string | undefined;
}

/** What the model said in one turn. */
export interface AssistantItem extends ItemFields {
  readonly kind: "assistant";
  readonly content: string;
  readonly thinking: string;
  readonly streaming: boolean;
  /** A piece may be missing before the next chunk: the connection broke, or came late. */
  readonly broken: boolean;
  readonly partial: PartialReason | undefined;
}

/** A tool call and its result. */
export interface ToolItem extends ItemFields {
  readonly kind: "tool";
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly phase: "called" | "running" | "done" | "failed";
  readonly output: string;
}

/** Why a run failed. */
export interface ErrorItem extends ItemFields {
  readonly kind: "error";
  readonly code: string;
  readonly message: string;
}

/** How a run ended that gave no answer. */
export interface OutcomeItem extends ItemFields {
  readonly kind: "outcome";
  readonly outcome: Exclude<RunOutcome, "completed">;
}

/** The model will be asked again. Shown until it answers. */
export interface RetryItem extends ItemFields {
  readonly kind: "retry";
  readonly attempt: number;
  readonly code: string;
}

export type Item = UserItem | AssistantItem | ToolItem | ErrorItem | OutcomeItem | RetryItem;

/** A message on its way. */
export interface WaitingMessage {
  readonly kind: "waiting";
  readonly key: string;
  /** The `id` of its `message` frame; of another client's message, its run. */
  readonly id: string;
  readonly content: string;
  /** Known once the gateway accepted it. */
  readonly runId: string | undefined;
  /** The session that it was written for; `undefined` for one that had no messages. */
  readonly sessionId: string | undefined;
  readonly phase: "sending" | "accepted" | "queued" | "refused";
  /** Why it was refused. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

/** Before the gateway has named a session. */
export const emptyChat: Chat = {
  sessionId: undefined,
  limits: undefined,
  title: "",
  lastSeq: 0,
  items: [],
  waiting: [],
  activeRuns: [],
  stopping: undefined,
  oldestSeq: undefined,
  hasMore: false,
};

/** The chat after the user sent a message, or sent a refused one again. */
export function submitMessage(chat: Chat, message: { id: string; content: string }): Chat {
  const begun = chat.items.some(({ kind }) => kind === "user");
  const waiting: WaitingMessage = {
    kind: "waiting",
    key: `waiting:${message.id}`,
    ...message,
    runId: undefined,
    // A session without lines may be gone after a restart of the gateway, so nothing insists on it.
    sessionId: begun ? chat.sessionId : undefined,
    phase: "sending",
    refusal: undefined,
  };
  return { ...chat, waiting: [...chat.waiting.filter(({ id }) => id !== message.id), waiting] };
}

/** The chat after a message was refused: by the gateway, or by the page because it is too long. */
export function refuseMessage(chat: Chat, id: string, refusal: { code: string; message: string }): Chat {
  return {
    ...chat,
    waiting: chat.waiting.map((one) => (one.id === id ? { ...one, phase: "refused", refusal } : one)),
  };
}

/** The chat after the user gave up a refused message. */
export function discardMessage(chat: Chat, id: string): Chat {
  return { ...chat, waiting: chat.waiting.filter((one) => one.id !== id) };
}

/** The run that Stop stops, if there is one. */
export function currentRun(chat: Chat): string | undefined {
  return chat.activeRuns[0];
}

/** Whether a run goes on without anything to see: no text, no tool, no retry. */
export function isThinking(chat: Chat): boolean {
  const runId = currentRun(chat);
  if (runId === undefined) return false;
  const last = chat.items.at(-1);
  if (last?.kind === "assistant") return !last.streaming;
  if (last?.kind === "tool") return last.phase === "done" || last.phase === "failed";
  return last?.kind !== "retry";
}

/** The last text that a run gave. */
export function answerOf(chat: Chat, runId: string): string {
  const answer = chat.items.findLast((item) => item.kind === "assistant" && item.runId === runId);
  return answer?.kind === "assistant" ? answer.content : "";
}
