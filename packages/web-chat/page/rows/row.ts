import type { AssistantItem, RunCost, ToolItem, ViewItem } from "@mini-openclaw/protocol";

/** What the conversation shows, one under the other. */
export type Row =
  | Exclude<ViewItem, ToolItem>
  | ToolsRow
  | AnswerEndRow
  | WaitingRow
  | { readonly kind: "thinking"; readonly key: string };

/** Tool calls that follow each other. */
export interface ToolsRow {
  readonly kind: "tools";
  readonly key: string;
  readonly tools: readonly ToolItem[];
}

/** Stands below everything that a run answered, when it is over. */
export interface AnswerEndRow {
  readonly kind: "answer_end";
  readonly key: string;
  readonly runId: string | undefined;
  /** What the model said. */
  readonly texts: readonly AssistantItem[];
  /** Absent where nobody counted. */
  readonly cost: RunCost | undefined;
  /** `again`: it may be answered anew. `failed`: it was cut short, and may be. */
  readonly retry: "again" | "failed" | undefined;
}

/** A message that no run has taken up yet. */
export interface WaitingRow {
  readonly kind: "waiting";
  readonly key: string;
  /** The `id` of its `message` frame; of a message that has none, its run. */
  readonly id: string;
  readonly content: string;
  /** `unsent`: there is no connection to send it on. `steering`: it enters the run that goes on. */
  readonly phase: "unsent" | "sending" | "accepted" | "queued" | "steering" | "refused";
  /** The run that was made for it, which can be called off. */
  readonly runId: string | undefined;
  /** Why it was refused. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

/** The part of the page that shows one row. */
export interface RowView {
  readonly root: HTMLElement;
  /** Shows a later state of the same row. */
  update(row: Row): void;
}

/** A view that shows rows of one kind. */
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
