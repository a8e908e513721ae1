import { join } from "node:path";
import { readFolder } from "../files/workspace-file.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** Names that one call returns. Chosen. */
const MAX_NAMES = 1000;

/** The tool `list_files`: names what a folder holds. */
export function createListFilesTool(workspaceDir: string): ToolDefinition {
  return defineTool<{ path?: string; recursive?: boolean }>({
    name: "list_files",
    description:
      `List the files of a folder of the workspace, folders with a "/" behind them. ` +
      `With \`recursive\`, of its folders too, but for .git and node_modules. At most ${MAX_NAMES} names.`,
    parameters: {
      path: {
        type: "string",
        required: false,
        description: "The folder, relative to the workspace; its top by default.",
      },
      recursive: {
        type: "boolean",
        required: false,
        description: "Look into folders too; false by default.",
      },
    },
    async execute({ path = ".", recursive = false }, { signal }) {
      const names: string[] = [];
      for await (const name of namesIn(workspaceDir, path, recursive)) {
        signal.throwIfAborted();
        if (names.length === MAX_NAMES) {
          names.push(`[there are more than ${MAX_NAMES}]`);
          break;
        }
        names.push(name);
      }
      return { success: true, output: names.join("\n") || "(the folder is empty)" };
    },
  });
}

/** Depth first, in the order of the names. Links are named, not followed. */
async function* namesIn(
  workspaceDir: string,
  path: string,
  recursive: boolean,
  prefix = "",
): AsyncGenerator<string> {
  for (const entry of await readFolder(workspaceDir, path)) {
    const name = prefix + entry.name;
    if (!entry.isDirectory()) {
      yield name;
      continue;
    }
    yield `${name}/`;
    if (!recursive || entry.name === ".git" || entry.name === "node_modules") continue;
    yield* namesIn(workspaceDir, join(path, entry.name), recursive, `${name}/`);
  }
}
