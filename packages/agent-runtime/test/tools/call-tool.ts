import type { ToolDefinition } from "../../src/index.ts";
import { type ToolContext, toTool } from "../../src/tool-calls/define-tool.ts";
import { type CallResult, checkCall, runTool } from "../../src/tool-calls/run-tool.ts";

/**
 * Calls a tool as the run loop does where nobody can be asked for approval, and gives what the
 * model sees.
 */
export async function callTool(
  definition: ToolDefinition | undefined,
  input: Record<string, unknown>,
  given: Partial<ToolContext> = {},
): Promise<CallResult> {
  if (!definition) throw new Error("There is no such tool.");
  const call = { callId: "c1", toolName: definition.name, input };
  const { signal } = new AbortController();
  const approve = async (reason: string) => {
    throw new Error(`${reason}, but nobody can be asked`);
  };
  const context = {
    sessionId: "s1",
    runId: "r1",
    callId: "c1",
    signal,
    progress: () => {},
    approve,
    ...given,
  };
  const limits = { toolTimeoutMs: 60_000, maxToolOutputChars: 50_000 };
  const checked = await checkCall(toTool(definition), call, context, limits);
  if ("fault" in checked) return { output: checked.fault, isError: true };
  const { output, isError, blocks } = await runTool(checked.tool, checked.input, context, limits);
  return { output, isError, ...(blocks && { blocks }) };
}
