import { decodeText, encodeText, isPlainUtf8 } from "../files/encoding/text-encoding.ts";
import { commonLineEnd, levelLineEnds, withLineEnds } from "../files/line-ends.ts";
import { toPathError } from "../files/path-error.ts";
import { MAX_TEXT_BYTES, readBytes } from "../files/read-text.ts";
import { replaceFile } from "../files/replace-file.ts";
import { isThere, openToReplace, type Workspace } from "../files/workspace-file.ts";
import { isWellFormed } from "../shared/cut-text.ts";
import { defineTool, type ToolDefinition, type ToolResult } from "../tool-calls/define-tool.ts";

interface EditInput {
  file_path: string;
  old_text: string;
  new_text: string;
  replace_all?: boolean;
}

/** Creates the tool `edit_file`, which replaces text in a file. */
export function createEditFileTool(workspace: Workspace): ToolDefinition {
  return defineTool<EditInput>({
    name: "edit_file",
    description:
      "Replace text in a file of the workspace. `old_text` must stand there exactly once, whitespace included, " +
      "unless `replace_all` is true.",
    parameters: {
      file_path: { type: "string", description: "Path of the file, relative to the workspace." },
      old_text: { type: "string", minLength: 1, description: "The text to replace, exactly as in the file." },
      new_text: { type: "string", description: "What to put in its place." },
      replace_all: {
        type: "boolean",
        required: false,
        description: "Replace every occurrence; false by default.",
      },
    },
    sequential: true,
    async execute(input, { approve }) {
      const { file_path: path } = input;
      const opened = await openToReplace(workspace, path, { approve, mayBeMissing: false });
      try {
        if (!isThere(opened)) throw new Error(`There is no file ${path}.`);
        const edit = await editBytes(await readBytes(opened, path), input);
        if ("fault" in edit) return refuse(edit.fault);
        const { bytes } = edit;
        if (bytes.length > MAX_TEXT_BYTES) return refuse(tooLarge(path, bytes.length));
        await replaceFile(opened, bytes, { unlessChanged: true }).catch((error: unknown) => {
          throw toPathError(error, path);
        });
        const places = edit.count === 1 ? "place" : "places";
        return { success: true, output: `Replaced ${edit.count} ${places} in ${path}.` };
      } finally {
        await opened.close();
      }
    },
  });
}

/** A content after an edit and the number of places that changed, or why there is no edit. */
type Edit<Content> = (Content & { count: number }) | { fault: string };

/** @throws PathError if the bytes are not text, or their encoding cannot hold the new text */
async function editBytes(original: Buffer, input: EditInput): Promise<Edit<{ bytes: Buffer }>> {
  const { file_path: path, old_text, new_text } = input;
  if (isPlainUtf8(original) && isWellFormed(old_text) && isWellFormed(new_text)) {
    // In UTF-8 no character begins inside another. So its bytes, each one a character, can be
    // searched as they are, which spares decoding and encoding the file.
    const wanted = toByteString(Buffer.from(old_text));
    const replacement = toByteString(Buffer.from(new_text));
    const edit = replaceText(toByteString(original), { ...input, old_text: wanted, new_text: replacement });
    return "fault" in edit ? edit : { bytes: Buffer.from(edit.text, "latin1"), count: edit.count };
  }
  const { text, encoding } = await decodeText(original, path);
  const edit = replaceText(text, input);
  return "fault" in edit ? edit : { bytes: await encodeText(edit.text, encoding, path), count: edit.count };
}

function toByteString(bytes: Buffer): string {
  return bytes.toString("latin1");
}

/**
 * Replaces text as `read_file` returned it: line ends made alike, a last line ended. The rest stays
 * as it is.
 */
function replaceText(
  original: string,
  { file_path: path, old_text, new_text, replace_all }: EditInput,
): Edit<{ text: string }> {
  if (old_text === "") return { fault: "old_text must not be empty. Nothing was written." };
  const lineEnd = commonLineEnd(original);
  const isEnded = original === "" || original.endsWith(lineEnd === "\r" ? "\r" : "\n");
  const ended = isEnded ? original : original + lineEnd;
  const level = levelLineEnds(ended);
  const wanted = withLineEnds(old_text, "\n");
  const starts = occurrences(isEnded ? level.text : level.text.slice(0, -1), wanted);
  // A last line without an end is shown like any other: with one.
  if (!isEnded && starts.length === 0) starts.push(...occurrences(level.text, wanted));
  if (starts.length === 0) return { fault: `old_text does not stand in ${path}.` };
  if (starts.length > 1 && !replace_all) {
    const advice = "give more of it, or set replace_all.";
    return { fault: `old_text stands ${starts.length} times in ${path}; ${advice}` };
  }
  const replacement = withLineEnds(new_text, lineEnd);
  const size = original.length + starts.length * (replacement.length - wanted.length);
  if (size > MAX_TEXT_BYTES) return { fault: tooLarge(path, size) };
  const pieces: string[] = [];
  let end = 0;
  for (const start of starts) {
    pieces.push(ended.slice(end, level.toOriginal(start)), replacement);
    end = level.toOriginal(start + wanted.length);
  }
  const text = pieces.join("") + ended.slice(end);
  const isEndedNow = !isEnded && text.endsWith(lineEnd);
  return { text: isEndedNow ? text.slice(0, -lineEnd.length) : text, count: starts.length };
}

function occurrences(text: string, wanted: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length))
    starts.push(at);
  return starts;
}

function tooLarge(path: string, size: number): string {
  return `${path} would have ${size} bytes; at most ${MAX_TEXT_BYTES} are allowed. Nothing was written.`;
}

function refuse(error: string): ToolResult {
  return { success: false, output: "", error };
}
