import { invalidOption } from "../shared/check-options.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";
import { MAX_PROMPT_FILE_CHARS, type MemoryManager } from "../workspace/memory.ts";

/**
 * Creates the tool `remember`, which adds a line to MEMORY.md, which every later system prompt
 * shows.
 */
export function createRememberTool(memory: MemoryManager): ToolDefinition {
  if (typeof memory?.remember !== "function") throw invalidOption("memory", "a `MemoryManager`", memory);
  return defineTool<{ note: string }>({
    name: "remember",
    description:
      "Keep a fact about the user or their work for all later conversations. One short sentence; nothing secret.",
    parameters: { note: { type: "string", minLength: 1, maxLength: 500, description: "What to remember." } },
    sequential: true,
    async execute({ note }) {
      const { chars } = await memory.remember(note);
      return {
        success: true,
        output: `Kept in MEMORY.md.${chars > MAX_PROMPT_FILE_CHARS ? tooLong(chars) : ""}`,
      };
    },
  });
}

/** Asks the model to condense its memory: nobody else knows which notes say the same. */
function tooLong(chars: number): string {
  return (
    ` MEMORY.md now has ${chars} characters, but prompts show ${MAX_PROMPT_FILE_CHARS}: lines of its middle are left out. ` +
    "Read MEMORY.md now and write it anew in fewer words, without losing a fact that still holds. Tell the user."
  );
}
