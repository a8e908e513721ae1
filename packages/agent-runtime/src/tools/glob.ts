import { walk } from "../files/walk.ts";
import type { Workspace } from "../files/workspace-file.ts";
import { listedPath } from "../shared/clean-text.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";
import { matchGlob } from "./search-lines.ts";

/** Paths that one call returns: about 10,000 tokens. */
const MAX_PATHS = 1000;

/** Creates the tool `glob`, which finds files by their names. */
export function createGlobTool(workspace: Workspace): ToolDefinition {
  return defineTool<{ pattern: string; path?: string }>({
    name: "glob",
    description:
      "Find files of the workspace by a pattern such as `src/**/*.ts`; one without a slash matches names in every folder. " +
      `Leaves out what .gitignore names, .git and node_modules. At most ${MAX_PATHS} paths.`,
    parameters: {
      pattern: { type: "string", minLength: 1, description: "The pattern, relative to the folder." },
      path: {
        type: "string",
        required: false,
        description: "The folder to search; the workspace by default.",
      },
    },
    async execute({ pattern, path = "." }, { signal }) {
      const isWanted = await matchGlob(pattern);
      const paths: string[] = [];
      let isCut = false;
      for await (const step of walk(workspace, { from: path, recursive: true, signal })) {
        if (step.is !== "file" || !isWanted(step.path)) continue;
        isCut = paths.length === MAX_PATHS;
        if (isCut) break;
        paths.push(listedPath(step.path));
      }
      const remark = isCut ? [`[there are more than ${MAX_PATHS}; narrow the pattern]`] : [];
      return { success: true, output: [...paths.sort(), ...remark].join("\n") || "(no file matches)" };
    },
  });
}
