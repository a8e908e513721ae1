import { basename } from "node:path/posix";
import { setImmediate as turn } from "node:timers/promises";
import picomatch from "picomatch";
import { levelLineEnds } from "../files/line-ends.ts";
import { readDecoded } from "../files/read-text.ts";
import { walk } from "../files/walk.ts";
import { openFile, type Workspace } from "../files/workspace-file.ts";

/** A search for lines in the files of a folder. */
export interface SearchOptions {
  /** A regular expression of RE2's kind: without lookaround and backreferences. */
  pattern: string;
  /** Only files that match it, such as `*.ts`. */
  glob: string | undefined;
  ignoreCase: boolean;
  /** Lines before and after each that matches. */
  contextLines: number;
  maxLines: number;
  signal: AbortSignal;
}

export interface FoundLine {
  /** As seen from the folder. */
  path: string;
  number: number;
  text: string;
  /** Absent matches are lines of context. */
  isMatch: boolean;
}

export interface SearchResult {
  lines: readonly FoundLine[];
  /** True if there are more than `maxLines`. */
  isCut: boolean;
}

/**
 * Searches a folder without ripgrep, in linear time for any pattern. Slower, but it reads every
 * encoding that `read_file` does. Files that are no text, too large or closed are passed over.
 *
 * @throws if the pattern is no regular expression
 */
export async function searchFolder(
  workspace: Workspace,
  from: string,
  options: SearchOptions,
): Promise<SearchResult> {
  const { glob, maxLines, signal } = options;
  const matches = await createMatcher(options);
  const isWanted = glob === undefined ? () => true : await matchGlob(glob);
  const lines: FoundLine[] = [];
  let count = 0;
  for await (const step of walk(workspace, { from, recursive: true, signal })) {
    if (step.is !== "file" || !isWanted(step.path)) continue;
    const text = await readWhole(workspace, `${from}/${step.path}`).catch(() => "");
    const found = await findIn(text, step.path, matches, options);
    count += found.filter(({ isMatch }) => isMatch).length;
    lines.push(...found);
    if (count > maxLines) return { lines: cut(lines, maxLines), isCut: true };
  }
  return { lines, isCut: false };
}

/**
 * Searches one file.
 *
 * @throws PathError if it cannot be read, or if the pattern is no regular expression
 */
export async function searchFile(
  workspace: Workspace,
  path: string,
  options: SearchOptions,
): Promise<SearchResult> {
  const found = await findIn(await readWhole(workspace, path), path, await createMatcher(options), options);
  const lines = cut(found, options.maxLines);
  return { lines, isCut: lines.length < found.length };
}

async function createMatcher({ pattern, ignoreCase }: SearchOptions): Promise<(line: string) => boolean> {
  // Imported on first use: costs 20 ms, and most systems have `rg`.
  const { RE2JS } = await import("re2js");
  const expression = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  return (line) => expression.matcher(line).find();
}

/**
 * With more wildcards, a name that was made for it keeps JavaScript's expressions busy for hours:
 * each of them may end at each of its characters.
 */
const MAX_WILDCARDS = 2;

/**
 * Returns a test of paths. A glob without a slash matches names in every folder, as in
 * `.gitignore`.
 *
 * @throws if the glob has many wildcards and a form without a test in linear time, such as `!(a)`
 */
export async function matchGlob(glob: string): Promise<(path: string) => boolean> {
  const pattern = glob.replace(/^\//, "");
  const matchBase = !glob.includes("/");
  // A name may hold line ends.
  const options = { dot: true, matchBase, flags: "s" };
  const wildcards = pattern.match(/\*+|[@+?!]\(/g) ?? [];
  if (wildcards.length <= MAX_WILDCARDS) return picomatch(pattern, options);
  const source = picomatch.makeRe(pattern, options).source.replaceAll(alwaysTrue, "");
  if (source.includes("(?!")) {
    throw new Error(
      `The pattern must have at most ${MAX_WILDCARDS} wildcards or a plainer form, got ${glob}.`,
    );
  }
  const { RE2JS } = await import("re2js");
  const expression = RE2JS.compile(source, RE2JS.DOTALL);
  return (path) => expression.matches(matchBase ? basename(path) : path);
}

/** Parts of an expression that are true for paths of a walk, which have no names `.` and `..`. */
const alwaysTrue = /\(\?!(?:\(\?:\^\|\\\/\))?\\\.\{1,2\}\(\?:\\\/\|\$\)\)|\(\?=\.\)/g;

async function readWhole(workspace: Workspace, path: string): Promise<string> {
  const opened = await openFile(workspace, path);
  try {
    return (await readDecoded(opened, path)).text;
  } finally {
    await opened.close();
  }
}

/** A search of a large file would hold everything else up. */
const SLICE_MS = 10;

/** Lines between two looks at the clock. */
const SLICE_LINES = 256;

async function findIn(
  text: string,
  path: string,
  matches: (line: string) => boolean,
  { contextLines, signal }: SearchOptions,
): Promise<FoundLine[]> {
  const lines = levelLineEnds(text).text.replace(/\n$/, "").split("\n");
  const isMatch: boolean[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const line of lines) {
    if (isMatch.push(matches(line)) % SLICE_LINES > 0 || performance.now() < sliceEnd) continue;
    await turn();
    signal.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  return lines.flatMap((line, index) => {
    const near = isMatch.slice(Math.max(0, index - contextLines), index + contextLines + 1);
    if (!near.includes(true)) return [];
    return [{ path, number: index + 1, text: line, isMatch: isMatch[index] === true }];
  });
}

/** Returns the lines up to the last match that is allowed. */
function cut(lines: readonly FoundLine[], maxLines: number): FoundLine[] {
  let count = 0;
  const end = lines.findIndex(({ isMatch }) => {
    if (isMatch) count += 1;
    return count > maxLines;
  });
  return lines.slice(0, end === -1 ? lines.length : end);
}
