import { readdir, readFile } from "node:fs/promises";

/** The variable that a command and all that it starts carry. */
export const COMMAND_ID = "MINI_OPENCLAW_COMMAND_ID";

/** Rounds of looking, for processes that fork while they are looked for. Chosen. */
const MAX_ROUNDS = 5;

/**
 * Kills every process that carries this command id in its environment, also those that left the command's process group
 * (`setsid`, daemons). Linux only: elsewhere there is no `/proc` to look in.
 */
export async function sweepProcesses(commandId: string): Promise<void> {
  if (process.platform !== "linux") return;
  const mark = Buffer.from(`${COMMAND_ID}=${commandId}\0`);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await findMarked(mark);
    for (const pid of found) kill(pid);
    if (found.length === 0) return;
  }
}

async function findMarked(mark: Buffer): Promise<number[]> {
  const pids = (await readdir("/proc"))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const marked = await Promise.all(pids.map((pid) => isMarked(pid, mark)));
  return pids.filter((_, index) => marked[index]);
}

async function isMarked(pid: number, mark: Buffer): Promise<boolean> {
  try {
    // Empty for a process that has ended but was not waited for.
    return (await readFile(`/proc/${pid}/environ`)).includes(mark);
  } catch {
    // Gone meanwhile, or somebody else's.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: gone meanwhile.
  }
}
