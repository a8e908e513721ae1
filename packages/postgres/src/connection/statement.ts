/** A statement with its values. One with a name is prepared once for each connection. */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
  /** True for a statement that must not run twice. A pool repeats others. */
  readonly isOnce?: true;
}

export type Row = Record<string, unknown>;

/** Runs one statement, and returns its rows. Rejects with `ConnectionLost` after the deadline. */
export type Query = (statement: Statement, deadlineMs?: number) => Promise<Row[]>;
