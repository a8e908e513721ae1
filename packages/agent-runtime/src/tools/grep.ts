import { PathError } from "../files/path-error.ts";
import { openFolder, type Workspace } from "../files/workspace-file.ts";
import { listedPath } from "../shared/clean-text.ts";
import { wholeHead } from "../shared/cut-text.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";
import {
  type FoundLine,
  type SearchOptions,
  type SearchResult,
  searchFile,
  searchFolder,
} from "./search-lines.ts";
import { searchWithRg } from "./search-with-rg.ts";

/** Matching lines that one call returns. */
const MAX_LINES = 200;
/** A longer line is cut. */
const MAX_LINE_CHARS = 500;
/** The output of one call, in UTF-16 units, below the agent's `maxToolOutputChars`. */
const MAX_OUTPUT_CHARS = 40_000;

interface GrepInput {
  pattern: string;
  path?: string;
  glob?: string;
  ignore_case?: boolean;
  context?: number;
}

/** Creates the tool `grep`, which searches files for lines. */
export function createGrepTool(workspace: Workspace): ToolDefinition {
  return defineTool<GrepInput>({
    name: "grep",
    description:
      "Search the files of the workspace for lines that match a regular expression. Returns `path:line: text`. " +
      `Leaves out what .gitignore names, .git and node_modules. At most ${MAX_LINES} lines.`,
    parameters: {
      pattern: {
        type: "string",
        minLength: 1,
        description: "The regular expression, without lookaround and backreferences.",
      },
      path: {
        type: "string",
        required: false,
        description: "The folder or file to search; the workspace by default.",
      },
      glob: {
        type: "string",
        required: false,
        description: "Only files that match it, such as `*.{ts,tsx}`.",
      },
      ignore_case: { type: "boolean", required: false, description: "Match without case; false by default." },
      context: {
        type: "integer",
        minimum: 0,
        maximum: 20,
        required: false,
        description: "Lines to return around each match; 0 by default.",
      },
    },
    async execute({ pattern, path = ".", glob, ignore_case = false, context = 0 }, { signal }) {
      if (pattern.includes("\0")) throw new Error("`pattern` must not hold a NUL character.");
      if (glob?.includes("\0")) throw new Error("`glob` must not hold a NUL character.");
      const options = {
        pattern,
        // Smaller models write an empty text for what they leave out.
        glob: glob || undefined,
        ignoreCase: ignore_case,
        contextLines: context,
        maxLines: MAX_LINES,
        signal,
      };
      const found = await search(workspace, path, options);
      if (found.lines.length === 0) return { success: true, output: "(no line matches)" };
      const { output, isWhole } = format(found.lines);
      const isCut = found.isCut || !isWhole;
      return { success: true, output: isCut ? `${output}[there are more; narrow the search]` : output };
    },
  });
}

async function search(workspace: Workspace, path: string, options: SearchOptions): Promise<SearchResult> {
  const folder = await openFolder(workspace, path).catch((error: unknown) => {
    if (isNoFolder(error)) return undefined;
    throw error;
  });
  if (!folder) return await searchFile(workspace, path, options);
  return (await searchWithRg(folder, options)) ?? (await searchFolder(workspace, path, options));
}

function isNoFolder(error: unknown): boolean {
  const cause = error instanceof PathError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ENOTDIR";
}

/**
 * Returns the lines in the order of files and numbers, a line `--` between parts of a file that are
 * not next to each other.
 */
function format(lines: readonly FoundLine[]): { output: string; isWhole: boolean } {
  const sorted = [...lines].sort((a, b) =>
    a.path === b.path ? a.number - b.number : a.path < b.path ? -1 : 1,
  );
  const hasContext = lines.some(({ isMatch }) => !isMatch);
  let output = "";
  let last: FoundLine | undefined;
  for (const line of sorted) {
    const isNext = last?.path === line.path && last.number + 1 === line.number;
    const gap = hasContext && last !== undefined && !isNext ? "--\n" : "";
    const text =
      line.text.length > MAX_LINE_CHARS ? `${wholeHead(line.text, MAX_LINE_CHARS)} […]` : line.text;
    const mark = line.isMatch ? ":" : "-";
    const next = `${gap}${listedPath(line.path)}${mark}${line.number}${mark} ${text}\n`;
    if (output.length + next.length > MAX_OUTPUT_CHARS) return { output, isWhole: false };
    output += next;
    last = line;
  }
  return { output, isWhole: true };
}
