import { type DecodedText, encodeText, utf8 } from "../files/encoding/text-encoding.ts";
import { commonLineEnd, withLineEnds } from "../files/line-ends.ts";
import { toPathError } from "../files/path-error.ts";
import { readDecoded } from "../files/read-text.ts";
import { closeReplaced, replaceFile } from "../files/replace-file.ts";
import { isThere, openToReplace, type Workspace } from "../files/workspace-file.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** Creates the tool `write_file`, which makes or replaces a file. */
export function createWriteFileTool(workspace: Workspace): ToolDefinition {
  return defineTool<{ file_path: string; content: string }>({
    name: "write_file",
    description: "Write a file of the workspace: makes it and its folders, or replaces what it holds.",
    parameters: {
      file_path: { type: "string", description: "Path of the file, relative to the workspace." },
      content: { type: "string", description: "All that the file is to hold." },
    },
    sequential: true,
    async execute({ file_path: path, content }, { approve }) {
      const opened = await openToReplace(workspace, path, { approve, mayBeMissing: true });
      try {
        // A file that is no text, or too large to be edited, has nothing to keep.
        const old = isThere(opened) ? await readDecoded(opened, path).catch(() => undefined) : undefined;
        const text = old ? withLineEndsOf(old, content) : content;
        const bytes = await encodeText(text, old?.encoding ?? utf8, path);
        await replaceFile(opened, bytes).catch((error: unknown) => {
          throw toPathError(error, path);
        });
        return { success: true, output: `Wrote ${bytes.length} bytes to ${path}.${kept(old)}` };
      } finally {
        closeReplaced(opened);
      }
    },
  });
}

/** Returns new content with the old text's line ends, unless it has CRLFs of its own. */
function withLineEndsOf({ text }: DecodedText, content: string): string {
  return content.includes("\r\n") ? content : withLineEnds(content, commonLineEnd(text));
}

/** Names the properties that the file keeps although the model did not write them. */
function kept(old: DecodedText | undefined): string {
  if (!old) return "";
  const { name, hasMark } = old.encoding;
  const lineEnd = commonLineEnd(old.text);
  const parts = [
    ...(name === "UTF-8" ? [] : [`its encoding (${name})`]),
    ...(name === "UTF-8" && hasMark ? ["its byte order mark"] : []),
    ...(lineEnd === "\n" ? [] : [`its ${lineEnd === "\r" ? "CR" : "CRLF"} line ends`]),
  ];
  return parts.length === 0 ? "" : ` The file keeps ${parts.join(" and ")}.`;
}
