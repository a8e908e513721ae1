import type { SessionDisk } from "./session-disk.ts";
import type { Summary } from "./summary.ts";

/** When an append is acknowledged: handed to the operating system, or on the disk. */
export type Durability = "os" | "disk";

/** What a writer begins with; `session-opening.ts` finds it out. */
export interface WriterStart {
  readonly disk: SessionDisk;
  readonly durability: Durability;
  readonly summary: Summary;
  /** The newest number given, in the transcript or in the journal. */
  readonly lastSeq: number;
  createId: () => string;
  /** Hears of entries that were kept. */
  onKept: (summary: Summary) => void;
  /** Hears of the last one before the writer gives up its place. */
  onClose: (summary: Summary) => void;
}
