import type { MessageEntry } from "@mini-openclaw/protocol";
import type { AppendFailure } from "./session-disk.ts";
import type { Segment } from "./session-lines.ts";

/** Appends that meet are one write; one that fails does not take the others with it. */
export interface AppendBatch {
  readonly items: BatchItem[];
  /** Resolves when each was written, or has its `failure`. */
  readonly written: Promise<void>;
  /** One for all who want to wait for the disk. */
  synced?: Promise<void>;
}

export interface BatchItem {
  readonly entries: MessageEntry[];
  readonly segment: Segment;
  failure?: AppendFailure;
}

/** A batch that `flush` writes as soon as whoever is calling now has come to rest. */
export function beginBatch(flush: () => void): AppendBatch {
  return { items: [], written: Promise.resolve().then(flush) };
}
