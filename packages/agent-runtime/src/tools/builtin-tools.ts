import { type BashOptions, createBashTools } from "../commands/bash.ts";
import { OWN_FOLDER } from "../files/hidden-paths.ts";
import { checkArrays, checkKnown, checkText, invalidOption } from "../shared/check-options.ts";
import type { ToolDefinition } from "../tool-calls/define-tool.ts";
import { createEditFileTool } from "./edit-file.ts";
import { createGlobTool } from "./glob.ts";
import { createGrepTool } from "./grep.ts";
import { createListFilesTool } from "./list-files.ts";
import { createReadFileTool } from "./read/read-file.ts";
import { createWriteFileTool } from "./write-file.ts";

export interface BuiltinToolsOptions {
  bash?: BashOptions;
  /**
   * Folders and files in the workspace that are not the agent's, such as the application's data
   * directory. The file tools neither read, write nor list them. Absolute, or relative to the
   * workspace. `.mini-openclaw` is always among them.
   *
   * @default none
   */
  hidden?: readonly string[];
}

/**
 * Creates `bash`, `bash_output`, `bash_stop`, `read_file`, `write_file`, `edit_file`, `list_files`,
 * `grep` and `glob` over one directory, which is made if it is missing.
 *
 * The file tools cannot leave it. `bash` can: it is as free as the user that this process runs as,
 * unless it has a `sandbox`.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function createBuiltinTools(
  workspaceDir: string,
  options: BuiltinToolsOptions = {},
): ToolDefinition[] {
  checkText("workspaceDir", workspaceDir);
  checkKnown("createBuiltinTools", options, { bash: true, hidden: true });
  checkArrays(options, ["hidden"]);
  const { bash, hidden = [] } = options;
  for (const [index, path] of hidden.entries()) checkText(`hidden[${index}]`, path);
  for (const path of [workspaceDir, ...hidden]) {
    if (path.includes("\0"))
      throw invalidOption("workspaceDir and hidden", "paths without NUL characters", path);
  }
  const workspace = { dir: workspaceDir, hidden: [OWN_FOLDER, ...hidden] };
  return [
    ...createBashTools(workspaceDir, bash),
    createReadFileTool(workspace),
    createWriteFileTool(workspace),
    createEditFileTool(workspace),
    createListFilesTool(workspace),
    createGrepTool(workspace),
    createGlobTool(workspace),
  ];
}
