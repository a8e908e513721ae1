import type { MessageEntry } from "@mini-openclaw/protocol";
import type { Segment } from "../format/session-lines.ts";
import type { AppendFailure } from "./writer-files.ts";

/** Appends that meet are one write. An append that fails does not fail the others. */
export interface AppendBatch {
  readonly items: BatchItem[];
  /** Resolves when each item was written, or has its `failure`. */
  readonly written: Promise<void>;
  /** Lets the writer close. */
  readonly release: () => void;
}

/** One append: the entries of a message or of a group. */
export interface BatchItem {
  readonly entries: MessageEntry[];
  readonly segment: Segment;
  readonly waitsForDisk: boolean;
  readonly resolve: (entries: MessageEntry[]) => void;
  readonly reject: (error: unknown) => void;
  /** Called if the append was not written. */
  readonly onFailure: (() => void) | undefined;
  failure?: AppendFailure;
}

/** Begins a batch. `flush` writes it when the callers of this moment have run. */
export function beginBatch(flush: () => void, release: () => void): AppendBatch {
  return { items: [], written: Promise.resolve().then(flush), release };
}

/** Returns the entries of all appends. Mostly there is one, which needs no copy. */
export function entriesOf(items: readonly BatchItem[]): MessageEntry[] {
  const [first] = items;
  return first && items.length === 1 ? first.entries : items.flatMap(({ entries }) => entries);
}

/**
 * Acknowledges the appends of a batch that was written, in their order. Those that wait for the
 * disk share one `sync`.
 */
export function acknowledge(
  { items, release }: AppendBatch,
  sync: (segments: Segment[]) => Promise<void>,
): void {
  const waiting: BatchItem[] = [];
  for (const item of items) {
    if (item.failure) {
      item.onFailure?.();
      item.reject(item.failure.error);
    } else if (item.waitsForDisk) waiting.push(item);
    else item.resolve(item.entries);
  }
  if (waiting.length === 0) return release();
  void sync(waiting.map(({ segment }) => segment))
    .then(
      () => waiting.forEach((item) => item.resolve(item.entries)),
      (error: unknown) => waiting.forEach((item) => item.reject(error)),
    )
    .finally(release);
}
