import { sleep } from "../shared/timers.ts";
import { defineTool, type ToolDefinition, type ToolResult } from "../tool-calls/define-tool.ts";
import type { BackgroundCommand, BackgroundCommands } from "./background-commands.ts";
import type { CommandEnd, EndReason } from "./run-command.ts";

/** The longest time that one call waits, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** Creates the tool `bash_output`, which reads what a command in the background wrote. */
export function createBashOutputTool(commands: BackgroundCommands, maxOutputChars: number): ToolDefinition {
  return defineTool<{ id: string; wait_seconds?: number }>({
    name: "bash_output",
    description:
      "Read what a command in the background has written since the last call " +
      `(the middle is left out beyond ${maxOutputChars} characters), and whether it still runs.`,
    parameters: {
      id: { type: "string", description: "The command's id, as bash returned it." },
      wait_seconds: {
        type: "number",
        minimum: 0,
        maximum: MAX_WAIT_SECONDS,
        required: false,
        description: "How long to wait for the command's end; 0 by default.",
      },
    },
    timeoutMs: MAX_WAIT_SECONDS * 1000 + 10_000,
    async execute({ id, wait_seconds = 0 }, { sessionId, signal }) {
      const found = commands.find(sessionId, id);
      if (!found) return unknownCommand(commands, sessionId, id);
      if (!found.end && wait_seconds > 0) await waitForEnd(found, wait_seconds * 1000, signal);
      return report(commands, sessionId, found);
    },
  });
}

/** Creates the tool `bash_stop`, which ends a command in the background. */
export function createBashStopTool(commands: BackgroundCommands): ToolDefinition {
  return defineTool<{ id: string }>({
    name: "bash_stop",
    description: "End a command in the background, with all that it started. Returns the rest of its output.",
    parameters: { id: { type: "string", description: "The command's id, as bash returned it." } },
    async execute({ id }, { sessionId }) {
      const found = commands.find(sessionId, id);
      if (!found) return unknownCommand(commands, sessionId, id);
      found.running.end("stopped");
      const end = await found.running.ended;
      commands.remove(sessionId, id);
      const { output } = toResult(found.running.output.take(), end, {});
      return { success: true, output: `${output}[${id} is ended]` };
    },
  });
}

async function waitForEnd({ running }: BackgroundCommand, waitMs: number, signal: AbortSignal) {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  await Promise.race([running.ended, sleep(waitMs, either)]).catch(() => {});
  stop.abort();
}

function report(commands: BackgroundCommands, sessionId: string, found: BackgroundCommand): ToolResult {
  const { id, running, startedAt, end } = found;
  const output = running.output.take();
  if (!end) {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    return { success: true, output: `${output}[${id} is running, for ${seconds} seconds]` };
  }
  commands.remove(sessionId, id);
  const result = toResult(output, end, {});
  return result.error === undefined ? { ...result, output: `${output}[${id} has ended]` } : result;
}

function unknownCommand(commands: BackgroundCommands, sessionId: string, id: string): ToolResult {
  const ids = commands.list(sessionId).map((one) => one.id);
  const known = ids.length === 0 ? "none runs" : `there are ${ids.join(", ")}`;
  return { success: false, output: "", error: `There is no command ${id} in the background; ${known}.` };
}

/** Turns a command's end into a result for the model. */
export function toResult(
  output: string,
  { status, reason }: CommandEnd,
  { limitMs }: { limitMs?: number },
): ToolResult {
  const exit = typeof status === "number" ? { exitCode: status } : {};
  if (reason === undefined && status === 0) return { success: true, output, ...exit };
  const reasons: Record<EndReason, string> = {
    timeout:
      limitMs === undefined
        ? "[ended: the command's time was over]"
        : `[ended: the command ran longer than ${limitMs / 1000} seconds]`,
    aborted: "[aborted: the command was stopped]",
    stopped: "[ended: the command was stopped]",
    flood: "[ended: the command wrote more than 20 MB]",
    memory: "[ended: the system killed it because memory ran out]",
  };
  const error = reason
    ? reasons[reason]
    : typeof status === "number"
      ? `[exit status ${status}]`
      : `[ended by ${status}]`;
  return { success: false, output: output || "(no output)\n", error, ...exit };
}
