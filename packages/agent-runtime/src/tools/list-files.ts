import { walk } from "../files/walk.ts";
import type { Workspace } from "../files/workspace-file.ts";
import { listedPath } from "../shared/clean-text.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** Names that one call returns: about 10,000 tokens. */
const MAX_NAMES = 1000;

/** Names of one kind in a remark. */
const MAX_REMARKED = 10;

/** Creates the tool `list_files`, which names what a folder holds. */
export function createListFilesTool(workspace: Workspace): ToolDefinition {
  return defineTool<{ path?: string; recursive?: boolean }>({
    name: "list_files",
    description:
      `List the files of a folder of the workspace, folders with a "/" behind them. ` +
      `With \`recursive\`, of its folders too, but for .git, node_modules and what .gitignore names. At most ${MAX_NAMES} names.`,
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
      const skipped: string[] = [];
      const closed: string[] = [];
      let isCut = false;
      for await (const step of walk(workspace, { from: path, recursive, signal })) {
        const name = listedPath(step.is === "file" ? step.path : `${step.path}/`);
        if (step.is === "closed") {
          closed.push(name);
          continue;
        }
        if (names.length === MAX_NAMES) {
          isCut = true;
          break;
        }
        names.push(name);
        if (step.is === "skipped") skipped.push(name);
      }
      names.sort();
      const remarks = [
        ...(isCut ? [`[there are more than ${MAX_NAMES}; list a folder of them]`] : []),
        ...remark("not listed", skipped),
        ...remark("could not be read", closed),
      ];
      return { success: true, output: [...names, ...remarks].join("\n") || "(the folder is empty)" };
    },
  });
}

function remark(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - MAX_REMARKED;
  const shown = names.slice(0, MAX_REMARKED).join(", ");
  return [`[${what}: ${shown}${more > 0 ? ` and ${more} more` : ""}]`];
}
