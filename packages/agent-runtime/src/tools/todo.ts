import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

interface Item {
  text: string;
  state: "open" | "active" | "done";
}

/** Items of one list. A longer plan is several plans. */
const MAX_ITEMS = 50;

/** Sessions whose lists are held. Of more, the oldest list is forgotten. */
const MAX_SESSIONS = 1000;

const signs = { open: "[ ]", active: "[>]", done: "[x]" } as const;

/**
 * Creates the tool `todo`, which keeps a list of steps for each session. Its result is the list, so
 * that people read it with the call. The next run of the session has the open list in its prompt.
 * Lists are in memory only: after a restart they are in the transcript.
 */
export function createTodoTool(): ToolDefinition {
  const lists = new Map<string, readonly Item[]>();
  return defineTool<{ items: Item[] }>({
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
    execute({ items }, { sessionId }) {
      lists.delete(sessionId);
      if (items.length > 0) lists.set(sessionId, items);
      const [oldest] = lists.keys();
      if (lists.size > MAX_SESSIONS && oldest !== undefined) lists.delete(oldest);
      return { success: true, output: items.length === 0 ? "The list is empty." : format(items) };
    },
    describeState(sessionId) {
      const items = lists.get(sessionId) ?? [];
      if (items.every(({ state }) => state === "done")) return undefined;
      return `The list of the tool todo:\n${format(items)}`;
    },
  });
}

/** Returns a line for each item, whatever its text holds. */
function format(items: readonly Item[]): string {
  return items.map(({ text, state }) => `${signs[state]} ${text.replaceAll(/\s+/g, " ")}`).join("\n");
}
