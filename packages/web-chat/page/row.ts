import type { Item, WaitingMessage } from "./chat.ts";

/** What the conversation shows, one under the other. */
export type Row = Item | WaitingMessage | { readonly kind: "thinking"; readonly key: string };

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
