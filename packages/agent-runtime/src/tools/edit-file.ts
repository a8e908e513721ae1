import { decodeText, encodeText, isPlainUtf8 } from "../files/encoding/text-encoding.ts";
import { findText, type LineEnds, lineEndsOf, type TextRange, withLineEnds } from "../files/line-ends.ts";
import { toPathError } from "../files/path-error.ts";
import { MAX_TEXT_BYTES, readBytes } from "../files/read-text.ts";
import { closeReplaced, replaceFile } from "../files/replace-file.ts";
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
        closeReplaced(opened);
      }
    },
  });
}

/** Ranges of a text, in ascending order, and the text that replaces each. Else a fault. */
type Edit = { ranges: readonly TextRange[]; replacement: string } | { fault: string };

/** @throws PathError if the bytes are not text, or their encoding cannot hold the new text */
async function editBytes(
  original: Buffer,
  input: EditInput,
): Promise<{ bytes: Buffer; count: number } | { fault: string }> {
  const { file_path: path, old_text, new_text } = input;
  if (isPlainUtf8(original) && isWellFormed(old_text) && isWellFormed(new_text)) {
    // In UTF-8 no character begins inside another. So its bytes, each one a character, can be
    // searched as they are, which spares decoding and encoding the file.
    const wanted = toByteString(Buffer.from(old_text));
    const added = toByteString(Buffer.from(new_text));
    const edit = planEdit(toByteString(original), { ...input, old_text: wanted, new_text: added });
    if ("fault" in edit) return edit;
    const replacement = Buffer.from(edit.replacement, "latin1");
    const parts = partsOf(edit.ranges, replacement, (start, end) => original.subarray(start, end));
    return { bytes: Buffer.concat(parts), count: edit.ranges.length };
  }
  const { text, encoding } = await decodeText(original, path);
  const edit = planEdit(text, input);
  if ("fault" in edit) return edit;
  const parts = partsOf(edit.ranges, edit.replacement, (start, end) => text.slice(start, end));
  return { bytes: await encodeText(parts.join(""), encoding, path), count: edit.ranges.length };
}

function toByteString(bytes: Buffer): string {
  return bytes.toString("latin1");
}

/** Returns the parts of a content whose ranges are replaced. */
function partsOf<Part>(
  ranges: readonly TextRange[],
  replacement: Part,
  slice: (start: number, end?: number) => Part,
): Part[] {
  const parts: Part[] = [];
  let copied = 0;
  for (const { start, end } of ranges) {
    parts.push(slice(copied, start), replacement);
    copied = end;
  }
  parts.push(slice(copied));
  return parts;
}

/** Finds text as `read_file` returned it: line ends made alike, a last line ended. */
function planEdit(original: string, { file_path: path, old_text, new_text, replace_all }: EditInput): Edit {
  if (old_text === "") return { fault: "old_text must not be empty. Nothing was written." };
  const lineEnds = lineEndsOf(original);
  const replacement = withLineEnds(new_text, lineEnds.common);
  const ranges = findText(original, lineEnds, old_text);
  const [first] = ranges;
  if (!first) {
    const edit = editLastLine(original, lineEnds, old_text, replacement);
    return edit ?? { fault: `old_text does not stand in ${path}.` };
  }
  if (ranges.length > 1 && !replace_all) {
    const advice = "give more of it, or set replace_all.";
    return { fault: `old_text stands ${ranges.length} times in ${path}; ${advice}` };
  }
  const size = original.length + ranges.length * (replacement.length - (first.end - first.start));
  return size > MAX_TEXT_BYTES ? { fault: tooLarge(path, size) } : { ranges, replacement };
}

/** Edits a last line without an end, which `read_file` returns like any other: with one. */
function editLastLine(
  original: string,
  lineEnds: LineEnds,
  wanted: string,
  replacement: string,
): Edit | undefined {
  const { common } = lineEnds;
  if (original === "" || original.endsWith(common === "\r" ? "\r" : "\n")) return undefined;
  const [last] = findText(original + common, lineEnds, wanted);
  if (!last) return undefined;
  const end = original.length;
  if (replacement.endsWith(common))
    return { ranges: [{ start: last.start, end }], replacement: replacement.slice(0, -common.length) };
  // Without the last line, the line before it is the one that has no end.
  const isRemoved = replacement === "" && original.slice(0, last.start).endsWith(common);
  return { ranges: [{ start: isRemoved ? last.start - common.length : last.start, end }], replacement };
}

function tooLarge(path: string, size: number): string {
  return `${path} would have ${size} bytes; at most ${MAX_TEXT_BYTES} are allowed. Nothing was written.`;
}

function refuse(error: string): ToolResult {
  return { success: false, output: "", error };
}
