import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { uptime } from "node:os";
import { COMMAND_ID, followersOf, sweepProcesses } from "./kill-leftovers.ts";
import { createOutputBuffer, type OutputBuffer } from "./output-buffer.ts";

/** From TERM to KILL, in milliseconds. Chosen: enough to flush, little enough that a stop is felt as one. */
const KILL_GRACE_MS = 2000;

/** From a command's exit to not waiting for its output any longer, in milliseconds. Children it left may hold the pipe. */
const DRAIN_MS = 200;

/** A command that has written more than this is ended. Chosen: 20 MB; nobody reads further. */
const MAX_OUTPUT_BYTES = 20_000_000;

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
  maxOutputChars: number;
  signal: AbortSignal;
  /** Told of standard output and standard error as they come. */
  onOutput: (text: string) => void;
  /**
   * Gives what is run instead of a program and its arguments: the same in a sandbox. Told to end are the processes in it, not
   * the sandbox: with it they would die at once.
   */
  wrap?: (argv: readonly string[]) => Promise<readonly string[]>;
}

/** Why a command was ended. */
export type EndReason = "timeout" | "aborted" | "flood";

export interface CommandResult {
  /** Standard output and standard error in the order they came; the middle of a long one is left out. */
  output: string;
  /** Exit status, or the signal that ended it; `undefined` if it did not heed TERM. */
  status: number | NodeJS.Signals | undefined;
  /** Why it was ended, if it was. */
  ended?: EndReason;
}

/**
 * Runs a command in a process group of its own and always settles, on its own clock: what the command does with its pipes
 * and its children cannot hold it. When it settles, the command and all that it started are gone.
 *
 * @throws the system's error if the shell cannot be started
 */
export async function runCommand(command: string, options: CommandOptions): Promise<CommandResult> {
  const swept = { id: randomUUID(), startedAt: uptime() };
  const output = createOutputBuffer(options.maxOutputChars);
  // One pipe for both outputs keeps them in order; the other still carries what bash says of a line it cannot parse.
  const shell = ["bash", "-c", `exec 2>&1; ${command}`];
  const [program = "", ...args] = (await options.wrap?.(shell)) ?? shell;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env, [COMMAND_ID]: swept.id },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const ended = await untilOver(child, output, options);
    const status = child.exitCode ?? child.signalCode ?? undefined;
    return { output: output.text(), status, ...(ended && { ended }) };
  } finally {
    killGroup(child, "SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
    if (child.pid !== undefined) await sweepProcesses(swept);
  }
}

type Pipes = ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };

/** Resolves when the command is over or has had its time to be. */
function untilOver(
  child: Pipes,
  output: OutputBuffer,
  options: CommandOptions,
): Promise<EndReason | undefined> {
  const { timeoutMs, signal, onOutput } = options;
  const timers: NodeJS.Timeout[] = [];
  const later = (delayMs: number, action: () => void) => timers.push(setTimeout(action, delayMs));
  let abort = () => {};
  const over = new Promise<EndReason | undefined>((resolve, reject) => {
    let ended: EndReason | undefined;
    const settle = () => resolve(ended);
    const end = (reason: EndReason) => {
      if (ended) return;
      ended = reason;
      if (options.wrap) for (const pid of followersOf(child.pid)) kill(pid, "SIGTERM");
      else killGroup(child, "SIGTERM");
      later(KILL_GRACE_MS, settle);
    };
    const take = (bytes: Buffer) => {
      const text = output.add(bytes);
      if (output.byteLength() > MAX_OUTPUT_BYTES) end("flood");
      else onOutput(text);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("exit", () => later(DRAIN_MS, settle));
    child.on("close", settle);
    abort = () => end("aborted");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    later(timeoutMs, () => end("timeout"));
  });
  return over.finally(() => {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) kill(-pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it is gone, which is what was wanted.
  }
}
