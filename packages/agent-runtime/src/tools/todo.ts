import type { TodoItem } from "@mini-openclaw/protocol";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** Items of one list. A longer plan is several plans. */
const MAX_ITEMS = 50;

const signs = { open: "[ ]", active: "[>]", done: "[x]" } as const;

/**
 * Creates the tool `todo`, which keeps a list of steps for each session. Each call records the
 * whole list as a `todo_updated` event, so that people see it. The next run of the session has the
 * open list in its prompt, if the input of the run has it as `todo`. A gateway passes it on.
 */
export function createTodoTool(): ToolDefinition {
  return defineTool<{ items: TodoItem[] }>({
    name: "todo",
    description:
      "Write the list of steps of a longer task, so that the user can follow it. Send the whole list " +
      "each time; an empty one removes it. One step at a time is active.",
    parameters: {
      items: {
        type: "array",
        maxItems: MAX_ITEMS,
        description: "The steps in their order.",
        items: {
          type: "object",
          properties: {
            text: { type: "string", minLength: 1, maxLength: 200 },
            state: { type: "string", enum: ["open", "active", "done"] },
          },
          required: ["text", "state"],
        },
      },
    },
    sequential: true,
    async execute({ items }, { updateTodo }) {
      // The schema allows other fields, which a transcript does not have.
      const steps = items.map(({ text, state }) => ({ text, state }));
      await updateTodo?.(steps);
      return { success: true, output: steps.length === 0 ? "The list is empty." : format(steps) };
    },
    describeState({ todo = [] }) {
      if (todo.every(({ state }) => state === "done")) return undefined;
      return `The list of the tool todo:\n${format(todo)}`;
    },
  });
}

/** Returns a line for each item, whatever its text holds. */
function format(items: readonly TodoItem[]): string {
  return items.map(({ text, state }) => `${signs[state]} ${text.replaceAll(/\s+/g, " ")}`).join("\n");
}
