import process from "node:process";
import { describeFailure } from "../log/report.ts";
import { ConfigError } from "../settings/config.ts";
import { UsageError } from "../settings/usage-error.ts";

/** The exit codes of the command line. 64, 70 and 78 are those of sysexits.h. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A run ended without a whole answer: cut, refused, or at a limit. */
  incomplete: 2,
  badUsage: 64,
  badConfig: 78,
  /** 128 + SIGINT, as shells report it. */
  aborted: 130,
} as const;

/**
 * Calls `stop` on the first signal that asks to end. The second one exits at once.
 *
 * A terminal that is closed sends SIGHUP. Without one it keeps its default, because `nohup` makes
 * programs ignore it.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM", ...(process.stdout.isTTY ? ["SIGHUP" as const] : [])] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(exitCodes.failed);
      isStopping = true;
      stop(signal);
    });
  }
}

/** Prints a failure for the user and ends the process with its exit code. */
export function exitWith(error: unknown, failed = "Mini OpenClaw"): never {
  if (error instanceof UsageError || isFlagError(error)) {
    console.error(error.message);
    process.exit(exitCodes.badUsage);
  }
  if (error instanceof ConfigError) {
    console.error(`Mini OpenClaw cannot start with these settings:\n${error.message}`);
    process.exit(exitCodes.badConfig);
  }
  const described = isSystemError(error) ? describeSystemError(error) : describeFailure(error);
  if (typeof described === "string") console.error(`${failed}: ${described}`);
  else console.error(described);
  process.exit(exitCodes.failed);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** Returns a line for a file or a folder that cannot be used. */
function describeSystemError({ code, syscall, message }: NodeJS.ErrnoException): string {
  if (syscall === "uv_cwd")
    return "The folder that it was started in does not exist. Change into another one.";
  if (code === "ENOSPC" || code === "EDQUOT") return `${message}. Free some space on the disk.`;
  return `${message}. Check that the path exists and that you may use it.`;
}

/** Returns true if only flags of the command line are wrong, and no lasting setting. */
function isFlagError(error: unknown): error is ConfigError {
  return error instanceof ConfigError && error.problems.every(({ name }) => name.startsWith("--"));
}
