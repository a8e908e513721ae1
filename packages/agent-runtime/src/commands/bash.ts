import { prepareWorkspace } from "../files/workspace-file.ts";
import { checkCount, checkKnown, checkRecord, checkText, invalidOption } from "../shared/check-options.ts";
import { startTimer } from "../shared/timers.ts";
import { defineTool, type ToolContext, type ToolDefinition } from "../tool-calls/define-tool.ts";
import {
  type BackgroundCommands,
  type BackgroundLimits,
  createBackgroundCommands,
  shorten,
} from "./background-commands.ts";
import { createBashOutputTool, createBashStopTool, toResult } from "./bash-output.ts";
import { commandEnvironment } from "./command-environment.ts";
import { type CommandEnd, type RunningCommand, startCommand } from "./run-command.ts";
import type { Sandbox } from "./sandbox.ts";

export interface BashOptions {
  /**
   * The time that a call is waited for, and the time limit of a command whose call names none, in
   * milliseconds.
   *
   * @default 30000
   */
  timeoutMs?: number;
  /** The longest time limit that a call may name, in milliseconds. @default 600000 */
  maxTimeoutMs?: number;
  /** Limits for commands in the background. */
  background?: BackgroundLimits;
  /** @default 10000 */
  maxOutputChars?: number;
  /** Variables that commands get besides those of {@link passedVariables}. @default none */
  env?: Readonly<Record<string, string>>;
  /**
   * Names of variables of this process that commands get too, such as `SSH_AUTH_SOCK`.
   * @default none
   */
  passed?: readonly string[];
  /**
   * Locks commands in. See `findSandbox`.
   * @default nothing: commands are as free as this process's user
   */
  sandbox?: Sandbox;
}

const bashOptionNames: Readonly<Record<keyof BashOptions, true>> = {
  timeoutMs: true,
  maxTimeoutMs: true,
  background: true,
  maxOutputChars: true,
  env: true,
  passed: true,
  sandbox: true,
};

const MAX_OUTPUT_CHARS = 10_000;

interface BashInput {
  command: string;
  timeout_seconds?: number;
  background?: boolean;
}

/**
 * Creates `bash`, and `bash_output` and `bash_stop` for commands that it leaves in the background.
 */
export function createBashTools(workspaceDir: string, options: BashOptions = {}): ToolDefinition[] {
  checkKnown("bash", options, bashOptionNames);
  checkBashOptions(options);
  const commands = createBackgroundCommands(options.background);
  const { maxOutputChars = MAX_OUTPUT_CHARS } = options;
  return [
    createBashTool(workspaceDir, options, commands),
    createBashOutputTool(commands, maxOutputChars),
    createBashStopTool(commands),
  ];
}

/** @throws AgentError `INVALID_OPTION` */
function checkBashOptions({ env = {}, passed = [], sandbox }: BashOptions): void {
  if (!Array.isArray(passed)) throw invalidOption("bash.passed", "an array", passed);
  for (const [index, name] of passed.entries()) checkText(`bash.passed[${index}]`, name);
  for (const [name, value] of Object.entries(checkRecord("bash.env", env))) {
    // The value is not quoted: it may be a key.
    if (typeof value !== "string" || value.includes("\0"))
      throw invalidOption(`bash.env.${name}`, "a text without NUL characters", "another value");
  }
  if (sandbox !== undefined && typeof sandbox?.wrap !== "function")
    throw invalidOption("bash.sandbox", "a sandbox, such as that of `findSandbox()`", sandbox);
}

/** Creates the tool `bash`, which runs a command in the workspace. */
export function createBashTool(
  workspaceDir: string,
  options: BashOptions = {},
  commands: BackgroundCommands = createBackgroundCommands(),
): ToolDefinition {
  const { env = {}, passed = [], sandbox } = options;
  const maxOutputChars = checkCount("bash.maxOutputChars", options.maxOutputChars ?? MAX_OUTPUT_CHARS);
  const timeoutMs = checkCount("bash.timeoutMs", options.timeoutMs ?? 30_000);
  const maxTimeoutMs = Math.max(timeoutMs, checkCount("bash.maxTimeoutMs", options.maxTimeoutMs ?? 600_000));
  const seconds = timeoutMs / 1000;
  return defineTool<BashInput>({
    name: "bash",
    description:
      "Run a command with bash in the workspace. Standard input is empty. Returns what it wrote to standard output and standard " +
      `error (the middle is left out beyond ${maxOutputChars} characters) and its exit status if not 0. The command is ended` +
      `${timeoutMs < Infinity ? ` after ${seconds} seconds` : " when the run is stopped"}, and processes it left with it. ` +
      "With a longer `timeout_seconds`, or with `background`, it goes on under an id: read on with bash_output, end it " +
      `with bash_stop.${sandbox ? lockedIn : ""}`,
    parameters: {
      command: { type: "string", description: "The command line to run." },
      timeout_seconds: {
        type: "number",
        exclusiveMinimum: 0,
        ...(maxTimeoutMs < Infinity && { maximum: maxTimeoutMs / 1000 }),
        required: false,
        description: `The command's time limit; ${timeoutMs < Infinity ? seconds : "none"} by default. For an installation, a build or tests.`,
      },
      background: {
        type: "boolean",
        required: false,
        description:
          "Return at once and let the command go on, for a server for example; without `timeout_seconds` until it is stopped.",
      },
    },
    sequential: true,
    // The command's own clock counts. This is for a system that does not even start it.
    timeoutMs: timeoutMs + 10_000,
    async execute(input, context) {
      const { command, background = false } = input;
      if (command.includes("\0")) throw new Error("`command` must not hold a NUL character.");
      const limitMs = input.timeout_seconds === undefined ? timeoutMs : input.timeout_seconds * 1000;
      const foregroundMs = foregroundTime(background, limitMs, timeoutMs);
      const refusal = foregroundMs === undefined ? undefined : commands.refusal(context.sessionId);
      if (refusal !== undefined) return { success: false, output: "", error: refusal };
      await prepareWorkspace(workspaceDir);
      let onOutput = context.progress;
      const running = await startCommand(command, {
        cwd: workspaceDir,
        env: commandEnvironment(passed, env),
        maxOutputChars,
        onOutput: (text) => onOutput(text),
        ...(sandbox && { wrap: (argv: readonly string[]) => sandbox.wrap(argv, workspaceDir) }),
      }).catch(explainStart);
      const hasLimit = !background || input.timeout_seconds !== undefined;
      if (hasLimit) endAfter(running, limitMs);
      const end = await waitFor(running, context, foregroundMs).catch(explainStart);
      if (end) return toResult(running.output.take(), end, { limitMs });
      onOutput = () => {};
      const { id } = commands.add(context.sessionId, command, running);
      const left = hasLimit ? `, at most ${limitMs / 1000} seconds in all` : "";
      const advice = `Read on with bash_output, end it with bash_stop; its id is ${id}.`;
      return { success: true, output: `${running.output.take()}[still running${left}. ${advice}]` };
    },
    describeState: ({ sessionId }) => describeCommands(commands, sessionId),
    close: () => commands.close(),
  });
}

/** Milliseconds in which a command in the background may fail in the foreground. */
const BACKGROUND_START_MS = 500;

/** Returns the time after which a command continues in the background, or none if it does not. */
function foregroundTime(background: boolean, limitMs: number, timeoutMs: number): number | undefined {
  if (background) return BACKGROUND_START_MS;
  return limitMs > timeoutMs ? timeoutMs : undefined;
}

const lockedIn =
  " It runs in a sandbox: only the workspace can be written to, for good, and /tmp until the command ends.";

function endAfter(running: RunningCommand, limitMs: number): void {
  const timer = startTimer(limitMs, () => running.end("timeout"));
  const stop = () => clearTimeout(timer);
  running.ended.then(stop, stop);
}

/**
 * Resolves with the command's end, or with nothing when the time in the foreground is over. An
 * abort until then ends it.
 */
async function waitFor(
  { ended, end }: RunningCommand,
  { signal }: ToolContext,
  foregroundMs: number | undefined,
): Promise<CommandEnd | undefined> {
  const abort = () => end("aborted");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<undefined>((resolve) => {
    if (foregroundMs !== undefined) timer = startTimer(foregroundMs, () => resolve(undefined));
  });
  try {
    return await Promise.race([ended, timeIsOver]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** The system's own message about a command that it cannot start is no help for a model. */
function explainStart(error: unknown): never {
  if (!(error instanceof Error && "code" in error && error.code === "E2BIG")) throw error;
  const advice = "Write it, or the text that it holds, to a file first.";
  throw new Error(`The command is too long for the system to start it. ${advice}`, { cause: error });
}

/** Returns lines about a session's commands in the background, for the prompt of its next run. */
function describeCommands(commands: BackgroundCommands, sessionId: string): string | undefined {
  const all = commands.list(sessionId);
  if (all.length === 0) return undefined;
  const lines = all.map(
    ({ id, command, end }) => `${id} (${end ? "ended" : "running"}): ${shorten(command)}`,
  );
  return `Commands in the background, for bash_output and bash_stop:\n${lines.join("\n")}`;
}
