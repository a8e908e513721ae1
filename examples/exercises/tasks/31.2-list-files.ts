import { defineTool } from "@mini-openclaw/agent-runtime";

/**
 * A tool `list_files` with an optional `path`. It lists the names of a folder of the workspace, one
 * in a line, in order, and folders with a slash at their end. A path outside fails.
 */
export function createListFiles(_workspace: string) {
  return defineTool({
    name: "list_files",
    description: "Lists the files of a folder in the workspace.",
    parameters: { path: { type: "string", description: "The folder.", required: false } },
    execute: () => ({ success: false, output: "", error: "Exercise 31.2 is not done yet." }),
  });
}
