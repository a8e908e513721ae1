import type { ToolDefinition } from "../../src/index.ts";
import { type CallResult, runTool } from "../../src/run-tool.ts";
import { toTool } from "../../src/tool.ts";

/** Calls a tool as the run loop does, and gives what the model sees. */
export async function callTool(
  definition: ToolDefinition | undefined,
  input: Record<string, unknown>,
  { signal = new AbortController().signal, progress = () => {} }: CallOptions = {},
): Promise<CallResult> {
  if (!definition) throw new Error("There is no such tool.");
  const call = { callId: "c1", toolName: definition.name, input };
  const context = { sessionId: "s1", runId: "r1", callId: "c1", signal, progress };
  return await runTool(toTool(definition), call, context, {
    toolTimeoutMs: 60_000,
    maxToolOutputChars: 50_000,
  });
}

interface CallOptions {
  signal?: AbortSignal;
  progress?: (content: string) => void;
}
