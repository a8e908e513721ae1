import type { MessageEntry } from "@mini-openclaw/protocol";
import type { Segment } from "../format/session-lines.ts";
import type { Summary } from "../format/summary.ts";
import type { AppendFailure, WriterFiles } from "./writer-files.ts";

/**
 * The moment at which an append is acknowledged: `os` when the system has it, `disk` when the disk
 * has it.
 */
export type Durability = "os" | "disk";

/** The state that a writer begins with, as its opening found it in the files. */
export interface WriterOptions {
  readonly files: WriterFiles;
  readonly durability: Durability;
  readonly summary: Summary;
  /** The newest number assigned, in the transcript or in the journal. */
  readonly lastSeq: number;
  createId: () => string;
  /** Called after entries were written. */
  onKept: (summary: Summary) => void;
  /** Called before the writer releases its lock. */
  onClose: (summary: Summary) => void;
}

/** Appends that meet are one write. An append that fails does not fail the others. */
export interface AppendBatch {
  readonly items: BatchItem[];
  /** Resolves when each item was written, or has its `failure`. */
  readonly written: Promise<void>;
  /** The sync that all items of the batch share. */
  synced?: Promise<void>;
}

export interface BatchItem {
  readonly entries: MessageEntry[];
  readonly segment: Segment;
  failure?: AppendFailure;
}

/** Begins a batch. `flush` writes it when the callers of this moment have run. */
export function beginBatch(flush: () => void): AppendBatch {
  return { items: [], written: Promise.resolve().then(flush) };
}
