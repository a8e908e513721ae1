import process from "node:process";

/** Ends a command whose output cannot be written. A reader that has enough is no failure. */
export function endWithoutOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === "EPIPE") process.exit(0);
  console.error(`Mini OpenClaw: The output cannot be written (${message}). Check the disk.`);
  process.exit(1);
}

/** Lets a server run when its output cannot be written, such as to a log on a full disk. */
export function runWithoutOutput(): void {
  process.stdout.off("error", endWithoutOutput);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
