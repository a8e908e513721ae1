import { prepareWorkspace } from "../files/workspace-file.ts";
import { defineTool, type ToolDefinition, type ToolResult } from "../tool-calls/define-tool.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import type { Sandbox } from "./sandbox.ts";

export interface BashOptions {
  /** @default 30000 */
  timeoutMs?: number;
  /** @default 10000 */
  maxOutputChars?: number;
  /** Variables that commands get besides those of {@link passedVariables}. @default none */
  env?: Readonly<Record<string, string>>;
  /** What locks commands in; see `findSandbox`. @default nothing: commands are as free as this process's user */
  sandbox?: Sandbox;
}

/** The variables of our own environment that commands get. Keys and tokens are in none of them. */
export const passedVariables: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
];

/** The tool `bash`: runs a command in the workspace. */
export function createBashTool(workspaceDir: string, options: BashOptions = {}): ToolDefinition {
  const { timeoutMs = 30_000, maxOutputChars = 10_000, env = {}, sandbox } = options;
  return defineTool<{ command: string }>({
    name: "bash",
    description:
      `Run a command with bash in the workspace. Standard input is empty; the command is ended after ` +
      `${timeoutMs / 1000} seconds, and processes it left in the background with it. Returns what it wrote to standard ` +
      `output and standard error (the middle is left out beyond ${maxOutputChars} characters) and its exit status if not 0.${sandbox ? lockedIn : ""}`,
    parameters: { command: { type: "string", description: "The command line to run." } },
    sequential: true,
    // The command's own clock is the one that counts; this is for a system that does not even start it.
    timeoutMs: timeoutMs + 10_000,
    async execute({ command }, { signal, progress }) {
      await prepareWorkspace(workspaceDir);
      const running = runCommand(command, {
        cwd: workspaceDir,
        env: { ...passedEnvironment(), TERM: "dumb", ...env },
        timeoutMs,
        maxOutputChars,
        signal,
        onOutput: progress,
        ...(sandbox && { wrap: (argv: readonly string[]) => sandbox.wrap(argv, workspaceDir) }),
      });
      return toResult(await running.catch(explainStart), timeoutMs);
    },
  });
}

const lockedIn =
  " It runs in a sandbox: only the workspace can be written to, for good, and /tmp until the command ends.";

function passedEnvironment(): NodeJS.ProcessEnv {
  const passed = passedVariables.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(passed) as NodeJS.ProcessEnv;
}

/** What the system says of a command that it cannot start is no help for a model. */
function explainStart(error: unknown): never {
  if (!(error instanceof Error && "code" in error && error.code === "E2BIG")) throw error;
  const advice = "write it, or the text that it holds, to a file first.";
  throw new Error(`the command is too long for the system to start it; ${advice}`, { cause: error });
}

function toResult({ output, status, ended }: CommandResult, timeoutMs: number): ToolResult {
  const exit = typeof status === "number" ? { exitCode: status } : {};
  if (ended === undefined && status === 0) return { success: true, output, ...exit };
  const reasons = {
    timeout: `[ended: the command ran longer than ${timeoutMs / 1000} seconds]`,
    aborted: "[aborted: the command was stopped]",
    flood: "[ended: the command wrote more than 20 MB]",
  };
  const error = ended
    ? reasons[ended]
    : typeof status === "number"
      ? `[exit status ${status}]`
      : `[ended by ${status}]`;
  return { success: false, output: output || "(no output)\n", error, ...exit };
}
