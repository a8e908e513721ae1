import { openFile } from "../files/workspace-file.ts";
import { defineTool, type ToolDefinition, type ToolResult } from "../tool-calls/define-tool.ts";
import { replaceContent } from "./write-file.ts";

/** A larger file is not edited this way. Chosen: 10 MiB; it is held in memory twice. */
const MAX_EDITED_BYTES = 10_485_760;

interface EditInput {
  file_path: string;
  old_text: string;
  new_text: string;
  replace_all?: boolean;
}

/** The tool `edit_file`: replaces text in a file. */
export function createEditFileTool(workspaceDir: string): ToolDefinition {
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
      const file = await openFile(workspaceDir, input.file_path, "edit", { approve });
      try {
        const { size } = await file.stat();
        if (size > MAX_EDITED_BYTES)
          return refuse(`${input.file_path} is larger than ${MAX_EDITED_BYTES} bytes.`);
        const before = await file.readFile("utf8");
        if (before.includes("\uFFFD")) return refuse(`${input.file_path} is not UTF-8 text.`);
        const places = before.split(input.old_text).length - 1;
        if (places === 0) return refuse(`old_text does not stand in ${input.file_path}.`);
        if (places > 1 && !input.replace_all) {
          return refuse(
            `old_text stands ${places} times in ${input.file_path}; give more of it, or set replace_all.`,
          );
        }
        await replaceContent(file, before.split(input.old_text).join(input.new_text));
        return {
          success: true,
          output: `Replaced ${places} ${places === 1 ? "place" : "places"} in ${input.file_path}.`,
        };
      } finally {
        await file.close();
      }
    },
  });
}

function refuse(error: string): ToolResult {
  return { success: false, output: "", error };
}
