/** A paragraph, a list, one of its items, a table, a cell, …: one element of the page. */
export interface Block {
  readonly kind: BlockKind;
  /** Name of the HTML element. */
  readonly tag: string;
  /**
   * A fact that its element shows: the language of code, the first number of a list, a cell's
   * alignment, the widths of the columns of a table that is cut.
   */
  readonly detail: string;
  /**
   * The text of a block without children. It is inline Markdown unless the block is code, HTML or a
   * formula.
   */
  readonly content: string;
  readonly children: readonly Block[];
  /** True if it continues the list, quote or table before it, which has as much as fits. */
  readonly isContinued: boolean;
}

export type BlockKind = "container" | "text" | "code" | "html" | "math" | "footnote" | "rule";
