import type { ContentBlock, FileBlock, ModelToolCall } from "@mini-openclaw/protocol";
import { isInstance, mustBe, withFiles } from "@mini-openclaw/protocol/shared";
import { followSignal } from "../shared/child-signal.ts";
import { cutMiddle } from "../shared/cut-text.ts";
import { fieldOf, reasonOf, swallowRejection, unwatched } from "../shared/errors.ts";
import { startTimer } from "../shared/timers.ts";
import { ToolDenied } from "./approvals.ts";
import { type Tool, type ToolContext, type ToolResult, ToolTimeout } from "./define-tool.ts";
import { createStopwatch, type Stopwatch, startPausableTimer } from "./pausable-timer.ts";

/**
 * Time for a tool to return its output once its signal aborted, in milliseconds. `bash`
 * needs 2 s from TERM to KILL. A run has 5 s from abort to `run_end`.
 */
const STOP_GRACE_MS = 3000;

export interface ToolLimits {
  /** For tools without a `timeoutMs` of their own. */
  toolTimeoutMs: number;
  /** Longest output that the model sees. The middle of a longer one is left out. */
  maxToolOutputChars: number;
}

/** The result of a call as the model sees it. */
export interface CallResult {
  output: string;
  isError: boolean;
  /**
   * Run time of the tool in milliseconds, without the time in which a user was asked. Absent if it
   * did not run.
   */
  durationMs?: number;
  exitCode?: number;
  /** True if a user or a rule denied the call. */
  isDenied?: boolean;
  /** The text and the files of a result with files. */
  blocks?: ContentBlock[];
}

/** A call that can be made, or what is wrong with it, in words for the model. */
export type CheckedCall = { tool: Tool; input: unknown } | { fault: string };

/** Finds the tool of a call and checks the input. Never rejects. */
export async function checkCall(
  tool: Tool | undefined,
  call: ModelToolCall,
  context: ToolContext,
  limits: ToolLimits,
): Promise<CheckedCall> {
  const { toolName, input, invalidInput, refusal } = call;
  if (refusal !== undefined) return { fault: refusal };
  if (!tool) return { fault: `There is no tool named ${JSON.stringify(cutMiddle(toolName, 100))}.` };
  if (invalidInput !== undefined) {
    const start = cutMiddle(invalidInput, 200);
    return {
      fault: `The input is not a complete JSON object; the tool was not run. It began with: ${start}`,
    };
  }
  try {
    // A schema is code from elsewhere too, and may take its time.
    const watch = createStopwatch();
    // A tool may change what it gets. The conversation keeps what the model wrote.
    const own = structuredClone(input);
    const checked = await withinTime(() => tool.check(own), context, limits.toolTimeoutMs, watch);
    if ("value" in checked) return { tool, input: checked.value };
    return { fault: `The input is not valid; the tool was not run.\n${cutMiddle(checked.fault, 1000)}` };
  } catch (error) {
    return { fault: describeFailure(error) };
  }
}

/** Runs a checked call. Whatever goes wrong becomes an error result: this never rejects. */
export async function runTool(
  { definition }: Tool,
  input: unknown,
  context: ToolContext,
  limits: ToolLimits,
): Promise<CallResult> {
  const { maxToolOutputChars, toolTimeoutMs } = limits;
  const { timeoutMs = toolTimeoutMs } = definition;
  const watch = createStopwatch();
  try {
    const execute = (own: ToolContext) => definition.execute(input as Record<string, unknown>, own);
    const result = checkResult(await withinTime(execute, context, timeoutMs, watch));
    const { success, exitCode } = result;
    const text = cutMiddle(describeResult(result), maxToolOutputChars);
    const { content: output, ...blocks } = withFiles(text, result.files);
    return {
      output,
      ...blocks,
      isError: !success,
      durationMs: watch.elapsedMs(),
      ...(exitCode !== undefined && { exitCode }),
    };
  } catch (error) {
    const output = cutMiddle(describeFailure(error), maxToolOutputChars);
    return { output, isError: true, ...deniedBy(error), durationMs: watch.elapsedMs() };
  }
}

/** Returns the mark of a call that was denied. */
export function deniedBy(error: unknown): Pick<CallResult, "isDenied"> {
  return isInstance(error, ToolDenied) ? { isDenied: true } : {};
}

/** Describes an error for the model. */
export function describeFailure(error: unknown): string {
  if (isInstance(error, ToolDenied)) return error.message;
  return `The tool failed: ${reasonOf(error)}`;
}

function describeResult({ success, output, error, files }: CheckedResult): string {
  if (success) return output || (files.length > 0 ? "" : "(no output)");
  if (!error) return output || "The tool failed without saying why.";
  return output === "" || output.endsWith("\n") ? output + error : `${output}\n${error}`;
}

/** A result whose fields have been read once, and have their types. */
interface CheckedResult {
  success: boolean;
  output: string;
  /** Empty if the tool gave none. */
  error: string;
  files: readonly FileBlock[];
  exitCode: number | undefined;
}

/** A tool is code from elsewhere: its answer is checked like anything else from outside. */
function checkResult(result: unknown): CheckedResult {
  if (typeof result !== "object" || result === null) throw notAResult("result", "an object", result);
  const { success, output, error, files, exitCode } = result as Partial<Record<keyof ToolResult, unknown>>;
  // A forgotten `await`: a rejection that nobody handles would end the process.
  const parts = Array.isArray(files) ? files.flatMap((file) => [file, fieldOf(file, "data")]) : [files];
  for (const part of [success, output, error, exitCode, ...parts]) swallowRejection(part);
  if (typeof output !== "string") throw notAResult("output", "a text", output);
  if (typeof success !== "boolean") throw notAResult("success", "true or false", success);
  return {
    success,
    output,
    error: error === undefined || error === null ? "" : typeof error === "string" ? error : reasonOf(error),
    files: Array.isArray(files) ? (files as readonly FileBlock[]) : [],
    exitCode: Number.isSafeInteger(exitCode) ? (exitCode as number) : undefined,
  };
}

function notAResult(field: string, expected: string, got: unknown): Error {
  return new Error(`It did not return { success, output }. ${mustBe(field, expected, got)}`);
}

/** Ends a tool when its time is over or its signal aborts, whether it heeds that or not. */
async function withinTime<T>(
  execute: (context: ToolContext) => T | Promise<T>,
  context: ToolContext,
  timeoutMs: number,
  watch: Stopwatch,
): Promise<T> {
  const stop = followSignal(context.signal);
  const end = () => stop.abort(new ToolTimeout(`It did not end within ${timeoutMs} ms.`));
  const clock = startPausableTimer(timeoutMs, watch, end);
  let grace: NodeJS.Timeout | undefined;
  const own: ToolContext = {
    ...context,
    signal: stop.signal,
    approve: (...asked) => unwatched(() => clock.paused(context.approve(...asked))),
  };
  try {
    return await new Promise((resolve, reject) => {
      const giveUp = () => {
        grace = startTimer(STOP_GRACE_MS, () => reject(stop.signal.reason));
      };
      stop.signal.addEventListener("abort", giveUp, { once: true });
      if (stop.signal.aborted) giveUp();
      // `async` turns a synchronous throw into a rejection.
      (async () => execute(own))().then(resolve, reject);
    });
  } finally {
    stop.dispose();
    clock.stop();
    clearTimeout(grace);
  }
}
