import { type ContentBlock, describeFile, type FileBlock } from "@mini-openclaw/protocol";
import { checkFile, mustBe } from "@mini-openclaw/protocol/shared";

/** More files are named, and not passed on. */
const MAX_FILES = 10;

/** The largest image of the Messages API: 5 MiB. */
export const MAX_FILE_BYTES = 5_242_880;

/**
 * Returns the output of a tool and its blocks. A tool is code from elsewhere: a file that is not
 * what it is called becomes a line.
 */
export function withFiles(
  text: string,
  files: readonly FileBlock[],
): { output: string; blocks?: ContentBlock[] } {
  if (!Array.isArray(files) || files.length === 0) return { output: text };
  const problems: string[] = [];
  const passed: FileBlock[] = [];
  for (const [index, file] of files.entries()) {
    const problem = problemOf(file, `files[${index}]`, passed.length);
    if (problem === undefined) passed.push(file);
    else problems.push(`[a file was left out: ${problem}]`);
  }
  const shown = [text, ...problems].filter((line) => line !== "").join("\n");
  if (passed.length === 0) return { output: shown };
  const output = [shown, ...passed.map(describeFile)].filter((line) => line !== "").join("\n");
  return { output, blocks: [{ type: "text", text: shown }, ...passed] };
}

function problemOf(file: FileBlock, field: string, count: number): string | undefined {
  if (count >= MAX_FILES) return `a result has at most ${MAX_FILES} files`;
  const { type, mediaType, data } = file;
  if (type !== "image" && type !== "document") return mustBe(`${field}.type`, "image or document", type);
  if (typeof data !== "string") return `\`${field}.data\` is missing`;
  return checkFile({ type, mediaType, data }, { field, maxBytes: MAX_FILE_BYTES });
}
