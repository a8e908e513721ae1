import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { OpenedFolder } from "../files/workspace-file.ts";
import { type FoundLine, matchGlob, type SearchOptions, type SearchResult } from "./search-lines.ts";

/** Found on the PATH, or not. */
const PROGRAM = "rg";

/** Lines longer than this, in bytes, are cut. */
const MAX_LINE_BYTES = 500;

/**
 * Searches a folder with ripgrep: fast, without links, by the rules of `.gitignore`. Returns
 * `undefined` if there is no `rg`.
 *
 * @throws if the pattern is no regular expression
 */
export async function searchWithRg(
  folder: OpenedFolder,
  options: SearchOptions,
): Promise<SearchResult | undefined> {
  const { pattern, glob, ignoreCase, contextLines, maxLines, signal } = options;
  const argv = [
    ...["--no-config", "--hidden", "--no-require-git", "--no-heading", "--with-filename", "--line-number"],
    ...[
      "--null",
      "--no-context-separator",
      "--color",
      "never",
      "--max-columns",
      String(MAX_LINE_BYTES),
      "--max-columns-preview",
    ],
    ...["--glob", "!.git", "--glob", "!node_modules"],
    // `--glob` would bring back what `.gitignore` names. A type does not, and has names without
    // folders.
    ...(glob === undefined || glob.includes("/") ? [] : ["--type-add", `wanted:${glob}`, "--type", "wanted"]),
    ...(ignoreCase ? ["--ignore-case"] : []),
    ...(contextLines > 0 ? ["--context", String(contextLines)] : []),
    ...["--regexp", pattern, "--", "."],
  ];
  const env = { PATH: process.env["PATH"] };
  const child = spawn(PROGRAM, argv, { cwd: folder.path, env, stdio: ["ignore", "pipe", "pipe"], signal });
  if (!(await isStarted(child))) return undefined;
  const complaints: string[] = [];
  child.stderr.on("data", (data: Buffer) => complaints.push(data.toString().slice(0, 2000)));
  child.on("error", () => {
    // An abort, which `signal` reveals below.
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const isWanted = glob?.includes("/") ? await matchGlob(glob) : () => true;
  const lines: FoundLine[] = [];
  let count = 0;
  let isCut = false;
  for await (const found of readLines(child.stdout)) {
    if (folder.isHidden(found.path) || !isWanted(found.path)) continue;
    if (count >= maxLines) {
      isCut = true;
      child.kill();
      break;
    }
    lines.push(found);
    if (found.isMatch) count += 1;
  }
  await closed;
  signal.throwIfAborted();
  // 1: nothing was found. 2: something was wrong, which may be one file that cannot be read.
  if (!isCut && child.exitCode === 2 && lines.length === 0) throw new Error(complaints.join("").trim());
  const shown = await withoutHidden(lines, folder);
  return { lines: shown, isCut };
}

/** Leaves out the lines of files that have another name, which is hidden. */
async function withoutHidden(lines: readonly FoundLine[], folder: OpenedFolder): Promise<FoundLine[]> {
  const hidden = new Set<string>();
  for (const path of new Set(lines.map((line) => line.path))) {
    if (await folder.hasHiddenName(path)) hidden.add(path);
  }
  return lines.filter(({ path }) => !hidden.has(path));
}

async function isStarted(child: ChildProcess): Promise<boolean> {
  try {
    await once(child, "spawn");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Yields each `path NUL number : text`, or with `-` a line of context. A path may hold line ends.
 */
async function* readLines(output: Readable): AsyncGenerator<FoundLine> {
  let rest = "";
  for await (const piece of output.setEncoding("utf8")) {
    rest += piece;
    let start = 0;
    for (;;) {
      const pathEnd = rest.indexOf("\0", start);
      const end = pathEnd === -1 ? -1 : rest.indexOf("\n", pathEnd);
      if (end === -1) break;
      const path = rest.slice(start, pathEnd).replace(remarks, "").replace(/^\.\//, "");
      const [mark = "", number] = /^(\d+)[:-]/.exec(rest.slice(pathEnd + 1, end)) ?? [];
      const text = rest.slice(pathEnd + 1 + mark.length, end).replace(/\r$/, "");
      yield { path, number: Number(number), isMatch: mark.endsWith(":"), text };
      start = end + 1;
    }
    rest = rest.slice(start);
  }
}

/** Lines of ripgrep about files that turned out to be no text, before the path of the next file. */
const remarks = /^(?:\.\/.*: (?:WARNING: stopped searching )?binary file .*\n)+(?=\.\/)/;
