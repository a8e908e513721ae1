import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { uptime } from "node:os";
import { createOutputBuffer, type OutputBuffer } from "./output-buffer.ts";
import { COMMAND_ID, countMemoryKills, groupMembers, kill, killMarked } from "./processes.ts";

/**
 * From TERM to KILL, in milliseconds: enough to flush, little enough that a stop feels like one.
 */
const KILL_GRACE_MS = 2000;

/**
 * From a command's exit to the end of the wait for its output, in milliseconds. Children that it
 * left may hold the pipe.
 */
const DRAIN_MS = 200;

/** A command that has written more than this since its output was last read is ended. */
const MAX_OUTPUT_BYTES = 20_000_000;

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  maxOutputChars: number;
  /** Receives standard output and standard error as they come. */
  onOutput: (text: string) => void;
  /**
   * Returns the program and arguments that run others in a sandbox. On a stop the processes in it
   * get the signal, not the sandbox: with it they would die at once.
   */
  wrap?: (argv: readonly string[]) => Promise<readonly string[]>;
}

/** The reason for which a command was ended. */
export type EndReason = "timeout" | "aborted" | "stopped" | "flood" | "memory";

export interface CommandEnd {
  /** Exit status, or the signal that ended it, or `undefined` if it ignored TERM. */
  status: number | NodeJS.Signals | undefined;
  /** Present if it was ended. */
  reason?: EndReason;
}

/** A command that was started. */
export interface RunningCommand {
  /** Standard output and standard error in the order they came. */
  readonly output: OutputBuffer;
  /**
   * Resolves when the command and all that it started are gone. Rejects with the system's error if
   * it cannot start.
   */
  readonly ended: Promise<CommandEnd>;
  /** Ends it: with TERM, and soon after with KILL. Only the first reason counts. */
  readonly end: (reason: EndReason) => void;
  /** Kills its process group at once, for a process that exits. */
  readonly kill: () => void;
}

/**
 * Starts a command in a process group of its own. Its end comes on our own clock: what the command
 * does with its pipes and its children cannot delay it.
 */
export async function startCommand(command: string, options: CommandOptions): Promise<RunningCommand> {
  const mark = { id: randomUUID(), startedAt: uptime() };
  const memoryKills = countMemoryKills();
  // One pipe for both outputs keeps them in order. The other still carries bash's complaint about a
  // line it cannot parse.
  const shell = ["bash", "-c", `exec 2>&1; ${command}`];
  const [program = "", ...args] = (await options.wrap?.(shell)) ?? shell;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env, [COMMAND_ID]: mark.id },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const release = killAtExit(child);
  const output = createOutputBuffer(options.maxOutputChars);
  const { over, end } = watchChild(child, output, options);
  const waitForEnd = async (): Promise<CommandEnd> => {
    let reason: EndReason | undefined;
    try {
      reason = await over;
    } finally {
      killGroup(child, "SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      if (child.pid !== undefined) await killMarked(mark);
      release();
    }
    const status = child.exitCode ?? child.signalCode ?? undefined;
    const isKilled = status === "SIGKILL" || status === 137;
    const hasNoMemory = reason === undefined && isKilled && countMemoryKills() > memoryKills;
    return { status, ...(reason && { reason }), ...(hasNoMemory && { reason: "memory" }) };
  };
  const ended = waitForEnd();
  // The caller may begin to wait later.
  ended.catch(() => {});
  return { output, ended, end, kill: () => killGroup(child, "SIGKILL") };
}

type Pipes = ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };

/** Returns a promise that resolves when the command is over or has had its time to be. */
function watchChild(child: Pipes, output: OutputBuffer, { onOutput, wrap }: CommandOptions) {
  const timers: NodeJS.Timeout[] = [];
  const later = (delayMs: number, action: () => void) => timers.push(setTimeout(action, delayMs));
  const { promise, resolve, reject } = createPromise<EndReason | undefined>();
  let reason: EndReason | undefined;
  const settle = () => resolve(reason);
  const end = (why: EndReason) => {
    if (reason) return;
    reason = why;
    if (wrap) for (const pid of groupMembers(child.pid)) kill(pid, "SIGTERM");
    else killGroup(child, "SIGTERM");
    later(KILL_GRACE_MS, settle);
  };
  const read = (bytes: Buffer) => {
    const text = output.add(bytes);
    if (output.byteLength() > MAX_OUTPUT_BYTES) end("flood");
    else onOutput(text);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.on("error", reject);
  child.on("exit", () => later(DRAIN_MS, settle));
  child.on("close", settle);
  const over = promise.finally(() => {
    for (const timer of timers) clearTimeout(timer);
  });
  return { over, end };
}

function createPromise<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) kill(-pid, signal);
}

const running = new Set<ChildProcess>();

function killRunning(): void {
  for (const child of running) killGroup(child, "SIGKILL");
}

/** Kills a command when this process exits before it. Returns a function that ends this. */
function killAtExit(child: ChildProcess): () => void {
  // One listener for all, because Node warns about many.
  if (running.size === 0) process.once("exit", killRunning);
  running.add(child);
  return () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killRunning);
  };
}
