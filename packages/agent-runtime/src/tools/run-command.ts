import { type ChildProcess, spawn } from "node:child_process";
import { createOutputBuffer } from "./output-buffer.ts";

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
}

export interface CommandResult {
  /** Standard output and standard error in the order they came; the middle of a long one is left out. */
  output: string;
  /** Exit status, or the signal that ended it; `undefined` if it did not end in time. */
  status: number | NodeJS.Signals | undefined;
  /** Why it was ended, if it was. */
  ended?: "timeout" | "aborted" | "flood";
}

/**
 * Runs a command in a process group of its own and always settles, on its own clock: what the command does with its pipes
 * and its children cannot hold it. When it settles, the group is gone.
 *
 * @throws the system's error if the shell cannot be started
 */
export function runCommand(command: string, options: CommandOptions): Promise<CommandResult> {
  const { cwd, env, timeoutMs, maxOutputChars, signal, onOutput } = options;
  return new Promise((resolve, reject) => {
    // One pipe for both outputs keeps them in order; the other still carries what bash says of a line it cannot parse.
    const child = spawn("bash", ["-c", `exec 2>&1; ${command}`], {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = createOutputBuffer(maxOutputChars);
    const timers: NodeJS.Timeout[] = [];
    const later = (delayMs: number, action: () => void) => timers.push(setTimeout(action, delayMs));
    let ended: CommandResult["ended"];
    const settle = () => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      killGroup(child, "SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
      const status = child.exitCode ?? child.signalCode ?? undefined;
      resolve({ output: output.text(), status, ...(ended && { ended }) });
    };
    const end = (reason: NonNullable<CommandResult["ended"]>) => {
      if (ended) return;
      ended = reason;
      killGroup(child, "SIGTERM");
      later(KILL_GRACE_MS, settle);
    };
    const abort = () => end("aborted");
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
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    later(timeoutMs, () => end("timeout"));
  });
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is gone, which is what was wanted.
  }
}
