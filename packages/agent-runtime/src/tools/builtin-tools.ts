import { type BashOptions, createBashTool } from "../commands/bash.ts";
import type { ToolDefinition } from "../tool-calls/define-tool.ts";
import { createEditFileTool } from "./edit-file.ts";
import { createListFilesTool } from "./list-files.ts";
import { createReadFileTool } from "./read-file.ts";
import { createWriteFileTool } from "./write-file.ts";

export interface BuiltinToolsOptions {
  bash?: BashOptions;
}

/**
 * The tools `bash`, `read_file`, `write_file`, `edit_file` and `list_files` over one directory.
 *
 * The file tools cannot leave it. `bash` can: it is as free as the user that this process runs as, unless it has a `sandbox`.
 */
export function createBuiltinTools(
  workspaceDir: string,
  { bash }: BuiltinToolsOptions = {},
): ToolDefinition[] {
  return [
    createBashTool(workspaceDir, bash),
    createReadFileTool(workspaceDir),
    createWriteFileTool(workspaceDir),
    createEditFileTool(workspaceDir),
    createListFilesTool(workspaceDir),
  ];
}
