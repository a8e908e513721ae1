import type { Dirent } from "node:fs";
import { isAbsolute, join } from "node:path/posix";
import ignore, { type Ignore } from "ignore";
import { below } from "./path-error.ts";
import { isMissing, readTextBeneath } from "./read-text.ts";
import { createFolderReader, type ReadFolder, type Workspace } from "./workspace-file.ts";

/** A name that a walk meets. Paths are as seen from the folder where it began. */
export type WalkStep =
  | { is: "file"; path: string }
  | { is: "folder"; path: string }
  /**
   * A folder that is not entered because `.gitignore` names it, or because it is `.git` or
   * `node_modules`.
   */
  | { is: "skipped"; path: string }
  /** A folder that may not be read. */
  | { is: "closed"; path: string };

export interface WalkOptions {
  /** The folder where it begins, relative to the workspace. */
  from: string;
  recursive: boolean;
  signal: AbortSignal;
}

/**
 * Walks through folders of a workspace, breadth first, in the order of the names. Links are named,
 * not followed. Ignored files and what is hidden are left out. A folder that vanishes meanwhile is
 * passed over.
 */
export async function* walk(
  workspace: Workspace,
  { from, recursive, signal }: WalkOptions,
): AsyncGenerator<WalkStep> {
  const readFolder = await createFolderReader(workspace);
  const base = isAbsolute(from) ? (below(workspace.dir, from) ?? from) : from;
  const waiting: Waiting[] = [];
  const entries = await readFolder(base);
  let next: Found | undefined = {
    path: "",
    entries,
    rules: recursive ? await rulesAbove(workspace, base) : [],
  };
  for (; next; next = await enterNext(waiting, (path) => readFolder(join(base, path)))) {
    signal.throwIfAborted();
    if (!next.entries) {
      yield { is: "closed", path: next.path };
      continue;
    }
    const here = join(base, next.path);
    const hasRules = recursive && next.entries.some(({ name }) => name === ".gitignore");
    const rules = hasRules ? [...next.rules, ...(await readRules(workspace, here))] : next.rules;
    for (const entry of next.entries) {
      const path = next.path === "" ? entry.name : `${next.path}/${entry.name}`;
      const isFolder = entry.isDirectory();
      const isLeftOut = recursive && isIgnored(rules, join(here, entry.name) + (isFolder ? "/" : ""));
      if (!isFolder) {
        if (!isLeftOut) yield { is: "file", path };
        continue;
      }
      const isSkipped = isLeftOut || (recursive && alwaysSkipped.has(entry.name));
      yield { is: isSkipped ? "skipped" : "folder", path };
      if (recursive && !isSkipped) waiting.push({ path, rules });
    }
  }
}

interface Waiting {
  path: string;
  /** From the workspace down to its parent. */
  rules: readonly Rules[];
}

/** A folder that was read. Without entries it may not be. */
type Found = Waiting & { entries?: Dirent[] };

const alwaysSkipped = new Set([".git", "node_modules"]);

/** Reads the next folder that is still there. */
async function enterNext(waiting: Waiting[], readFolder: ReadFolder): Promise<Found | undefined> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    try {
      return { ...next, entries: await readFolder(next.path) };
    } catch (error) {
      if (!isMissing(error)) return next;
    }
  }
  return undefined;
}

/** The rules of one `.gitignore`. */
interface Rules {
  /** Its folder, relative to the workspace, with a slash at the end if it is not the workspace. */
  base: string;
  ignore: Ignore;
}

/**
 * Returns the rules of the workspace and of the folders down to `from`, without those of `from`.
 */
async function rulesAbove(workspace: Workspace, from: string): Promise<Rules[]> {
  const names = join(from)
    .split("/")
    .filter((name) => name !== "" && name !== ".");
  const folders = names.map((_, index) => names.slice(0, index).join("/"));
  return (await Promise.all(folders.map((folder) => readRules(workspace, folder)))).flat();
}

async function readRules(workspace: Workspace, folder: string): Promise<Rules[]> {
  const path = join(folder, ".gitignore");
  const text = await readTextBeneath(workspace, path).catch(() => {});
  if (text === undefined) return [];
  const base = folder === "" || folder === "." ? "" : `${folder}/`;
  return [{ base, ignore: ignore({ ignorecase }).add(text.split(/\r?\n/).filter(isCheap)) }];
}

/** As git does: names differ in case on Linux. */
const ignorecase = process.platform !== "linux";

/** In folders that are made for it, a rule with more `**` would be tried for hours. */
const MAX_FOLDER_WILDCARDS = 3;

function isCheap(rule: string): boolean {
  return rule.split("**").length - 1 <= MAX_FOLDER_WILDCARDS;
}

/** The rules of the deepest folder that name a path count. */
function isIgnored(rules: readonly Rules[], path: string): boolean {
  for (const { base, ignore: own } of rules.toReversed()) {
    const { ignored, unignored } = own.test(path.slice(base.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}
