import { readdir, realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { defineTool } from "@mini-openclaw/agent-runtime";

/**
 * A tool `list_files` with an optional `path`. It lists the names of a folder of the workspace, one
 * in a line, in order, and folders with a slash at their end. A path outside fails.
 */
export function createListFiles(workspace: string) {
  return defineTool({
    name: "list_files",
    description: "Lists the files of a folder in the workspace.",
    parameters: { path: { type: "string", description: "The folder.", required: false } },
    async execute({ path = "." }) {
      const root = await realpath(workspace);
      // The real path: a link may lead outside.
      const folder = await realpath(resolve(root, String(path)));
      if (relative(root, folder).startsWith(".."))
        return { success: false, output: "", error: `\`path\` must be in the workspace, got ${path}.` };
      const entries = await readdir(folder, { withFileTypes: true });
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      return { success: true, output: names.sort().join("\n") };
    },
  });
}
