import type { Summary } from "../format/summary.ts";
import type { WriterFiles } from "./writer-files.ts";

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
  /** Called before the first entry is written. */
  onBegin: (summary: Summary) => void;
  /** Called if the first entry could not be written. */
  onBeginFailed: (summary: Summary) => void;
  /** Called after entries were written. */
  onKept: (summary: Summary) => void;
  /** Called before the writer releases its lock. */
  onClose: (summary: Summary) => void;
  /** Keeps the writer open. Returns a function that ends that. */
  hold: (sessionId: string) => () => void;
}
