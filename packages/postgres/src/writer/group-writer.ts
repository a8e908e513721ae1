import { StoreError } from "@mini-openclaw/session-store";
import type { Query } from "../connection/connection.ts";
import { ConnectionLost, isConflict } from "../connection/pg-error.ts";
import type { Names } from "../schema/names.ts";
import { type Change, countLines, findLost, type Group, toReadBack, toStatement } from "./group.ts";
import type { Pace } from "./pace.ts";
import { SettledLines } from "./settled-lines.ts";

export interface GroupWriterOptions {
  readonly query: Query;
  readonly names: Names;
  readonly pace: Pace;
  /** Called when the row of the node is gone. */
  readonly onFenced: (node: number) => void;
  /** Returns the payload of the notification of a group, for the sessions that others watch. */
  readonly payloadOf: (changes: readonly Change[]) => string | undefined;
  /** Called for each change with entries that is written. */
  readonly onEntries: (change: Change) => void;
}

interface Item {
  readonly node: number;
  readonly change: Change;
  readonly isDurable: boolean;
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MAX_LINES = 1_000;
const MAX_CHARS = 1_000_000;
// Longer than a database stands still for a checkpoint or a failover of its disk.
const DEADLINE_MS = 5_000;

/**
 * Writes the changes of all sessions of a node. One statement runs at a time, with all that was
 * recorded meanwhile.
 *
 * A statement whose outcome is unknown is sent again, byte for byte, before anything new.
 */
export class GroupWriter {
  readonly #options: GroupWriterOptions;
  #queue: Item[] = [];
  #sending: readonly Item[] = [];
  readonly #settled = new SettledLines();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #closedBy: StoreError | undefined;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the change is written.
   *
   * @throws StoreError `SESSION_STOLEN` if another node owns the session; `WRITE_FAILED` if the
   * database refused the change
   */
  write(node: number, change: Change, { isDurable }: { isDurable: boolean }): Promise<void> {
    if (this.#closedBy) return Promise.reject(this.#closedBy);
    const { sid, state, settledSeq } = change;
    this.#options.pace.add(sid);
    if (settledSeq !== undefined) {
      // The end of the next run deletes what this one leaves behind.
      this.#settled.add(sid, settledSeq, (later) => void this.#add(node, later, false).catch(() => {}));
    }
    // The next owner of a session has no settled events of it.
    const deleted = state?.isReleased ? this.#settled.take(sid) : undefined;
    return this.#add(node, { ...change, settledSeq: deleted }, isDurable);
  }

  /** Rejects what a node has not written when it was fenced. */
  dropNode(node: number): void {
    this.#drop((item) => item.node === node, stolen);
  }

  /** Writes what is queued, then rejects every later change. */
  async close(error: StoreError, deadlineMs: number): Promise<void> {
    this.#settled.flush();
    this.#schedule(true);
    const left = [...this.#sending, ...this.#queue].map(({ written }) => written);
    this.#closedBy = error;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.max(0, deadlineMs));
    });
    await Promise.race([Promise.allSettled(left), late]);
    clearTimeout(timer);
    this.#drop(
      () => true,
      () => error,
    );
  }

  #add(node: number, change: Change, isDurable: boolean): Promise<void> {
    const item = createItem(node, change, isDurable);
    this.#queue.push(item);
    // Live events wait for the tick. Nobody waits for an entry longer than needed.
    this.#schedule(isUrgent(item));
    return item.written;
  }

  #schedule(isUrgent: boolean): void {
    if (this.#isRunning) return;
    const delay = isUrgent ? 0 : this.#options.pace.delay();
    if (delay === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isRunning = true;
      // All that this turn of the event loop records is one group.
      queueMicrotask(() => void this.#run());
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#schedule(true);
      }, delay);
    }
  }

  async #run(): Promise<void> {
    this.#options.pace.sent();
    const items = takeGroup(this.#queue);
    if (items.length > 0) await this.#send(items);
    this.#isRunning = false;
    if (this.#queue.length === 0) return;
    this.#schedule(this.#queue.some(isUrgent));
  }

  /** Sends a group. Returns the error of a group that the database refused. */
  async #send(items: readonly Item[]): Promise<unknown> {
    this.#sending = items;
    const group: Group = {
      node: items[0]?.node ?? 0,
      changes: items.map(({ change }) => change),
      isDurable: items.some(({ isDurable }) => isDurable),
      payload: this.#options.payloadOf(items.map(({ change }) => change)),
    };
    try {
      const lost = await this.#write(group);
      this.#sending = [];
      for (const { change, resolve, reject } of items) {
        if (lost.has(change.sid)) reject(stolen());
        else {
          resolve();
          if (change.entries.length > 0) this.#options.onEntries(change);
        }
      }
      return undefined;
    } catch (error) {
      await this.#failed(items, error);
      return error;
    }
  }

  /** Writes a group until its outcome is known. Returns the sessions that another node writes. */
  async #write(group: Group): Promise<Set<number>> {
    const { query, names, onFenced } = this.#options;
    const statement = toStatement(names, group);
    for (;;) {
      // The node was fenced, or the store was closed.
      if (this.#sending.length === 0) throw stolen();
      try {
        const [row] = await query(statement, DEADLINE_MS);
        if (!row) {
          onFenced(group.node);
          throw stolen();
        }
        const lost = new Set<number>();
        for (const table of ["entries", "live"] as const) {
          if (Number(row[table] ?? 0) === countLines(group, table)) continue;
          // An earlier try wrote some lines, or the session is another node's.
          const rows = await query(toReadBack(names, group, table), DEADLINE_MS);
          for (const sid of findLost(group, table, rows)) lost.add(sid);
        }
        return lost;
      } catch (error) {
        if (!(error instanceof ConnectionLost) && !isConflict(error)) throw error;
        await new Promise(setImmediate);
      }
    }
  }

  async #failed(items: readonly Item[], error: unknown): Promise<void> {
    const left = this.#sending;
    this.#sending = [];
    // Items that were dropped meanwhile have their error.
    if (left.length === 0) return;
    if (items.length > 1 && !StoreError.is(error)) {
      // One bad change fails alone, with the changes of its session that follow on it.
      const failed = new Map<number, unknown>();
      for (const item of items) {
        const { sid } = item.change;
        if (failed.has(sid)) item.reject(toWriteError(failed.get(sid)));
        else {
          const reason = await this.#send([item]);
          if (reason !== undefined) failed.set(sid, reason);
        }
      }
      return;
    }
    const sids = new Set(items.map(({ change }) => change.sid));
    for (const { reject } of items) reject(toWriteError(error));
    // Their numbers follow on one that does not exist.
    this.#drop(
      ({ change }) => sids.has(change.sid),
      () => toWriteError(error),
    );
  }

  #drop(matches: (item: Item) => boolean, toError: () => unknown): void {
    const dropped = [...this.#sending, ...this.#queue].filter(matches);
    this.#sending = this.#sending.filter((item) => !matches(item));
    this.#queue = this.#queue.filter((item) => !matches(item));
    for (const { reject } of dropped) reject(toError());
  }
}

function createItem(node: number, change: Change, isDurable: boolean): Item {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const written = new Promise<void>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { node, change, isDurable, written, resolve, reject };
}

function isUrgent({ change }: Item): boolean {
  return change.entries.length > 0 || change.state !== undefined;
}

/** Removes the items of the next group from the queue. They are of one node. */
function takeGroup(queue: Item[]): Item[] {
  const live = new Set<number>();
  let lines = 0;
  let chars = 0;
  let count = 0;
  for (const { node, change } of queue) {
    // A statement does not see its own rows, so that it cannot delete them.
    if (change.settledSeq !== undefined && live.has(change.sid)) break;
    if (node !== queue[0]?.node || (count > 0 && (lines >= MAX_LINES || chars >= MAX_CHARS))) break;
    count += 1;
    if (change.live.length > 0) live.add(change.sid);
    lines += change.entries.length + change.live.length;
    for (const { line } of change.entries) chars += line.length;
    for (const { line } of change.live) chars += line.length;
  }
  return queue.splice(0, count);
}

function stolen(): StoreError {
  return new StoreError(
    "SESSION_STOLEN",
    "Another node writes the session, because this one was declared dead. Open the session again.",
  );
}

function toWriteError(error: unknown): unknown {
  if (StoreError.is(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError("WRITE_FAILED", `The database refused the write: ${text}. Retry later.`, {
    cause: error,
  });
}
