import type { FileHandle } from "node:fs/promises";
import { openFile } from "../files/workspace-file.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** The tool `write_file`: makes or replaces a file. */
export function createWriteFileTool(workspaceDir: string): ToolDefinition {
  return defineTool<{ file_path: string; content: string }>({
    name: "write_file",
    description: "Write a file of the workspace: makes it and its folders, or replaces what it holds.",
    parameters: {
      file_path: { type: "string", description: "Path of the file, relative to the workspace." },
      content: { type: "string", description: "All that the file is to hold." },
    },
    sequential: true,
    async execute({ file_path, content }, { approve }) {
      const file = await openFile(workspaceDir, file_path, "write", { approve });
      try {
        await replaceContent(file, content);
      } finally {
        await file.close();
      }
      return { success: true, output: `Wrote ${Buffer.byteLength(content)} bytes to ${file_path}.` };
    },
  });
}

/** Replaces all that an open file holds. */
export async function replaceContent(file: FileHandle, content: string): Promise<void> {
  const bytes = Buffer.from(content);
  await file.truncate(0);
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, written);
    written += bytesWritten;
  }
}
