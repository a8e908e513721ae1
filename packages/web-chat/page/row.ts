import type { ViewItem } from "@mini-openclaw/protocol";

/** What the conversation shows, one under the other. */
export type Row = ViewItem | WaitingRow | { readonly kind: "thinking"; readonly key: string };

/** A message that no run has taken up yet. */
export interface WaitingRow {
  readonly kind: "waiting";
  readonly key: string;
  /** The `id` of its `message` frame; of a message that has none, its run. */
  readonly id: string;
  readonly content: string;
  readonly phase: "sending" | "accepted" | "queued" | "refused";
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
