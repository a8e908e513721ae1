import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";
import type { MemoryManager } from "../workspace/memory.ts";

/** The tool `remember`: adds a line to MEMORY.md, which every later system prompt shows. */
export function createRememberTool(memory: MemoryManager): ToolDefinition {
  return defineTool<{ note: string }>({
    name: "remember",
    description:
      "Keep a fact about the user or their work for all later conversations. One short sentence; nothing secret.",
    parameters: { note: { type: "string", minLength: 1, maxLength: 500, description: "What to remember." } },
    sequential: true,
    async execute({ note }) {
      await memory.remember(note);
      return { success: true, output: "Kept in MEMORY.md." };
    },
  });
}
