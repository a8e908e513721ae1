import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** A lock that its owner releases. */
export interface Lock {
  release(): void;
}

/**
 * Creates the lock file of a session with this process's id in it. Throws while another living
 * process has it. Replaces the lock of a process that is gone.
 *
 * Two processes that find the same stale lock at once may both replace it. The store's own lock has
 * an answer to that, and to process ids that are used again: see `writer-lock.ts`.
 */
export function acquireLock(path: string): Lock {
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      // `wx` creates the file, and fails if it exists: one step, so that only one process wins.
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const pid = Number(readFileSync(path, "utf8"));
      if (isAlive(pid)) throw new Error(`The session is in use by process ${pid}.`, { cause: error });
      rmSync(path, { force: true });
    }
  }
  throw new Error("Another process took the lock. Try again.");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user lives, but may not be signaled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
