import type { AssistantItem, ContentBlock, RunCost, ToolItem, ViewItem } from "@mini-openclaw/protocol";

/** An entry of the conversation. */
export type Row =
  | Exclude<ViewItem, ToolItem>
  | ToolsRow
  | AnswerEndRow
  | WaitingRow
  | { readonly kind: "thinking"; readonly key: string };

/** Consecutive tool calls of a run. */
export interface ToolsRow {
  readonly kind: "tools";
  readonly key: string;
  readonly tools: readonly ToolItem[];
}

/** The end of everything that a run answered. */
export interface AnswerEndRow {
  readonly kind: "answer_end";
  readonly key: string;
  /** The run, or the newest one if the answer has versions. */
  readonly runId: string | undefined;
  /** The texts of the model. */
  readonly texts: readonly AssistantItem[];
  /** Absent if the usage is unknown. */
  readonly cost: RunCost | undefined;
  /** Set if the messages can be answered again. `failed` if the answer was cut short. */
  readonly retry: "again" | "failed" | undefined;
  /** Set if the model can continue the answer, because a limit or a stop cut it. */
  readonly canContinue: boolean;
  /** The time of the last text of the model. */
  readonly timestamp: number | undefined;
  /** The runs that answered the same messages, oldest first; empty if there is one only. */
  readonly versions: readonly string[];
  /** The run whose answer is shown. */
  readonly shownRun: string | undefined;
}

/** A message that no run has accepted yet. */
export interface WaitingRow {
  readonly kind: "waiting";
  readonly key: string;
  /** The `id` of its `message` frame, or its run if the frame had none. */
  readonly id: string;
  readonly content: string;
  readonly blocks?: readonly ContentBlock[] | undefined;
  /** `unsent`: there is no connection. `steering`: the running run will read it. */
  readonly phase: "unsent" | "sending" | "accepted" | "queued" | "steering" | "refused";
  /** The run of the message, which can be canceled. */
  readonly runId: string | undefined;
  /** The reason of a refusal. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

/** The element of a row. */
export interface RowView {
  readonly root: HTMLElement;
  /** Shows a newer state of the same row. */
  update(row: Row): void;
}

/** Creates a view that shows rows of one kind. */
export function rowView<Kind extends Row["kind"]>(
  root: HTMLElement,
  kind: Kind,
  show: (row: Extract<Row, { kind: Kind }>) => void,
): RowView {
  const isKind = (row: Row): row is Extract<Row, { kind: Kind }> => row.kind === kind;
  return {
    root,
    update(row) {
      if (isKind(row)) show(row);
    },
  };
}
