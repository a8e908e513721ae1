import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { readTextBeneath } from "../files/read-text.ts";
import type { Workspace } from "../files/workspace-file.ts";

/**
 * Some disks keep times in steps of two seconds. A file that changed so lately may change again
 * without another time.
 */
const SETTLED_MS = 2000;

/** A value, and the paths that it was read from. Paths that are not there count too. */
export interface Loaded<Value> {
  value: Value;
  paths: readonly string[];
}

/**
 * A value that is read from files and folders, and read again only when one of them has changed.
 *
 * A check costs one system call for each path, of some microseconds, and waits for nothing. Only
 * metadata is looked at, so that a link may lead anywhere.
 */
export class FileBacked<Value> {
  readonly #load: () => Promise<Loaded<Value>>;
  readonly #now: () => number;
  #paths: readonly string[] = [];
  /** The state of the paths when the value was read. */
  #states: readonly PathState[] = [];
  #cached: { value: Value } | undefined;

  /** `now` returns milliseconds since 1970, as the files have them. */
  constructor(load: () => Promise<Loaded<Value>>, now: () => number = Date.now) {
    this.#load = load;
    this.#now = now;
  }

  /** Returns the value that the files have now. Rejects as the load does. */
  async get(): Promise<Value> {
    const before = this.#paths.map(stateOf);
    if (this.#cached && areSame(before, this.#states)) return this.#cached.value;
    const startedAt = this.#now();
    const { value, paths } = await this.#load();
    const after = paths.map(stateOf);
    // The paths must be known before the load. Otherwise it may have read another file.
    const isUnchanged = paths.join("\0") === this.#paths.join("\0") && areSame(before, after);
    this.#cached = isUnchanged && after.every((state) => isSettled(state, startedAt)) ? { value } : undefined;
    this.#paths = paths;
    this.#states = after;
    return value;
  }
}

/** Returns a text file below a folder, as {@link readTextBeneath} reads it. */
export function textFile(
  workspace: Workspace,
  path: string,
  now?: () => number,
): FileBacked<string | undefined> {
  const paths = [join(workspace.dir, path)];
  return new FileBacked(async () => ({ value: await readTextBeneath(workspace, path), paths }), now);
}

/** The state of a path: its metadata, the code of an error, or nothing. */
type PathState = Stats | string | undefined;

function stateOf(path: string): PathState {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function areSame(before: readonly PathState[], after: readonly PathState[]): boolean {
  return before.length === after.length && before.every((state, index) => isSame(state, after[index]));
}

function isSame(before: PathState, after: PathState): boolean {
  if (typeof before !== "object" || typeof after !== "object") return before === after;
  return (
    before.ino === after.ino &&
    before.dev === after.dev &&
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs &&
    before.ctimeMs === after.ctimeMs
  );
}

function isSettled(state: PathState, now: number): boolean {
  return typeof state !== "object" || Math.max(state.mtimeMs, state.ctimeMs) < now - SETTLED_MS;
}
