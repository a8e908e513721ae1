import { checkFile } from "../shared/check-file.ts";
import { mustBe } from "../shared/check-options.ts";
import { isRecord } from "../shared/text.ts";
import { describeFile } from "./files.ts";
import type { ContentBlock, FileBlock } from "./messages.ts";

/** The most files of a result or an answer. More files are named, and not passed on. */
const MAX_FILES = 10;

/** The largest image of the Messages API: 5 MiB. */
export const MAX_FILE_BYTES = 5_242_880;

/**
 * Returns the text of a message that describes its files, and the blocks of the message. The files
 * come from a tool or a model: a file that is not what it is called becomes a line.
 */
export function withFiles(
  text: string,
  files: readonly FileBlock[],
): { content: string; blocks?: ContentBlock[] } {
  if (!Array.isArray(files) || files.length === 0) return { content: text };
  const problems: string[] = [];
  const passed: FileBlock[] = [];
  for (const [index, file] of files.entries()) {
    const problem = problemOf(file, `files[${index}]`, passed.length);
    if (problem === undefined) passed.push(ownFields(file));
    else problems.push(`[a file was left out: ${problem}]`);
  }
  const shown = joinLines([text, ...problems]);
  if (passed.length === 0) return { content: shown };
  const content = joinLines([shown, ...passed.map(describeFile)]);
  return { content, blocks: [{ type: "text", text: shown }, ...passed] };
}

/** Returns a file with the fields of the protocol only: others may be values that JSON has not. */
function ownFields({ type, mediaType, data, name }: FileBlock): FileBlock {
  return { type, mediaType, ...(data !== undefined && { data }), ...(typeof name === "string" && { name }) };
}

function joinLines(lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("\n");
}

function problemOf(file: FileBlock, field: string, count: number): string | undefined {
  if (count >= MAX_FILES) return `a message has at most ${MAX_FILES} files`;
  if (!isRecord(file)) return mustBe(field, "an object", file);
  const { type, mediaType, data } = file;
  if (type !== "image" && type !== "document") return mustBe(`${field}.type`, "image or document", type);
  if (typeof data !== "string") return `\`${field}.data\` is missing`;
  return checkFile({ type, mediaType, data }, { field, maxBytes: MAX_FILE_BYTES });
}
