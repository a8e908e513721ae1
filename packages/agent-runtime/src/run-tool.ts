import type { ModelToolCall } from "@mini-openclaw/protocol";
import { followSignal } from "./child-signal.ts";
import { cutMiddle } from "./cut-text.ts";
import { startTimer } from "./timers.ts";
import type { Tool, ToolContext, ToolResult } from "./tool.ts";

/**
 * How long a tool may take to return what it has once its signal aborted, in milliseconds. `bash` needs 2 s from
 * TERM to KILL; a run has 5 s from abort to `run_end`.
 */
const STOP_GRACE_MS = 3000;

export interface ToolLimits {
  /** For tools without a `timeoutMs` of their own. */
  toolTimeoutMs: number;
  /** Longest output that the model sees; the middle of a longer one is left out. */
  maxToolOutputChars: number;
}

/** The result of a call as the model sees it. */
export interface CallResult {
  output: string;
  isError: boolean;
}

/** Runs one tool call. Whatever goes wrong becomes an error result: this never rejects. */
export async function runTool(
  tool: Tool | undefined,
  call: ModelToolCall,
  context: ToolContext,
  limits: ToolLimits,
): Promise<CallResult> {
  const fault = callFault(tool, call);
  if (!tool || fault) return { output: fault ?? "", isError: true };
  try {
    const checked = await tool.check(call.input);
    if ("fault" in checked) return { output: badInput(checked.fault), isError: true };
    const result = checkResult(await withinTime(tool, checked.value, context, limits));
    return { output: cutMiddle(textOf(result), limits.maxToolOutputChars), isError: !result.success };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { output: cutMiddle(`The tool failed: ${reason}`, limits.maxToolOutputChars), isError: true };
  }
}

function textOf({ success, output, error }: ToolResult): string {
  if (success) return output || "(no output)";
  if (!error) return output || "The tool failed without saying why.";
  return output === "" || output.endsWith("\n") ? output + error : `${output}\n${error}`;
}

function callFault(tool: Tool | undefined, { toolName, invalidInput }: ModelToolCall): string | undefined {
  if (!tool) return `There is no tool named ${JSON.stringify(cutMiddle(toolName, 100))}.`;
  if (invalidInput === undefined) return undefined;
  return `The input is not a complete JSON object; the tool was not run. It began with: ${cutMiddle(invalidInput, 200)}`;
}

function badInput(fault: string): string {
  return `The input is not valid; the tool was not run.\n${cutMiddle(fault, 1000)}`;
}

/** A tool is code from elsewhere: its answer is checked like anything else from outside. */
function checkResult(result: unknown): ToolResult {
  if (typeof result === "object" && result !== null && "success" in result && "output" in result) {
    const { output } = result;
    if (typeof output === "string") return result as ToolResult;
  }
  throw new Error("it did not return { success, output }.");
}

async function withinTime(
  { definition }: Tool,
  input: unknown,
  context: ToolContext,
  { toolTimeoutMs }: ToolLimits,
): Promise<unknown> {
  const timeoutMs = definition.timeoutMs ?? toolTimeoutMs;
  const stop = followSignal(context.signal);
  const timers: NodeJS.Timeout[] = [];
  const later = (delayMs: number, action: () => void) => timers.push(startTimer(delayMs, action));
  try {
    return await new Promise((resolve, reject) => {
      const giveUp = () => later(STOP_GRACE_MS, () => reject(stop.signal.reason));
      stop.signal.addEventListener("abort", giveUp, { once: true });
      later(timeoutMs, () => stop.abort(new Error(`it did not end within ${timeoutMs} ms.`)));
      // `async` turns a synchronous throw into a rejection.
      (async () =>
        definition.execute(input as Record<string, unknown>, { ...context, signal: stop.signal }))().then(
        resolve,
        reject,
      );
    });
  } finally {
    stop.dispose();
    for (const timer of timers) clearTimeout(timer);
  }
}
