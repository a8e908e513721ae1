import type { TaskResult } from "@mini-openclaw/protocol";
import { defineTool, type ToolDefinition, type ToolResult } from "../tool-calls/define-tool.ts";

/**
 * Creates the tool `task`, which gives a part of the work to a sub-agent. The sub-agent is the same
 * agent in a session of its own, with the same tools but this one, and with the same limits. Its
 * cost counts in the run of the caller. Its approvals ask the user of the caller's session.
 *
 * The tool is offered only where the input of the run has `startTask`, as that of a gateway does.
 */
export function createTaskTool(): ToolDefinition {
  return defineTool<{ description: string; prompt: string }>({
    name: "task",
    description:
      "Give a part of the work to a sub-agent that has your tools and its own conversation. It sees " +
      "only the prompt, so write all it needs to know, and what it should report. You get its report. " +
      "Use it for work that needs many steps and has a short result. Several tasks of one turn run at " +
      "the same time.",
    parameters: {
      description: { type: "string", minLength: 1, maxLength: 100, description: "The task in a few words." },
      prompt: { type: "string", minLength: 1, description: "The whole instruction for the sub-agent." },
    },
    needs: "startTask",
    // The run of the sub-agent has the limits of a run.
    timeoutMs: Number.POSITIVE_INFINITY,
    async execute({ prompt }, { startTask, approve, signal }) {
      // Absent only where the tool is called without a run loop.
      if (!startTask) throw new Error("No sub-agent can be started here.");
      const task = await startTask({
        content: prompt,
        signal,
        decide: async (reason, elsewhere) => {
          await approve(reason, elsewhere);
          return "once";
        },
      });
      return toToolResult(await task.ended);
    },
  });
}

function toToolResult({ outcome, content, error }: TaskResult): ToolResult {
  if (outcome === "completed") return { success: true, output: content };
  const reason = error ? `: ${error.message}` : ".";
  return { success: false, output: content, error: `[the sub-agent did not finish: ${outcome}${reason}]` };
}
