import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable that marks a command and all that it starts. */
export const COMMAND_ID = "MINI_OPENCLAW_COMMAND_ID";

/**
 * Rounds of a search, and the pause between two: 0.5 s for processes that fork, start a program or
 * end meanwhile.
 */
const MAX_ROUNDS = 50;
const PAUSE_MS = 10;

/** A command whose processes are searched for. */
export interface MarkedCommand {
  id: string;
  /** The system's uptime when it was started, in seconds. */
  startedAt: number;
}

/**
 * Kills every process that has the command's id in its environment, also those that left its
 * process group (`setsid`, daemons). Resolves when they are gone. Linux only: elsewhere there is no
 * `/proc` to search.
 */
export async function killMarked({ id, startedAt }: MarkedCommand): Promise<void> {
  if (process.platform !== "linux") return;
  const mark = { text: Buffer.from(`${COMMAND_ID}=${id}\0`), startedAt };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await findProcesses(mark);
    for (const { pid, isMarked } of found) if (isMarked) kill(pid, "SIGKILL");
    if (found.length === 0) return;
    await sleep(PAUSE_MS);
  }
}

interface Mark {
  text: Buffer;
  startedAt: number;
}

/** Returns the processes that have the mark, and those that do not show it yet. */
async function findProcesses(mark: Mark): Promise<{ pid: number; isMarked: boolean }[]> {
  const pids = (await readdir("/proc"))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const looks = await Promise.all(pids.map(async (pid) => ({ pid, isMarked: await carries(pid, mark) })));
  return looks.flatMap(({ pid, isMarked }) =>
    isMarked === false ? [] : [{ pid, isMarked: isMarked === true }],
  );
}

/**
 * Returns `undefined` for a process that is just starting a program: it shows no environment
 * meanwhile.
 */
async function carries(pid: number, { text, startedAt }: Mark): Promise<boolean | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`);
    if (environment.length > 0) return environment.includes(text);
    return (await mayBeStarting(pid, startedAt)) ? undefined : false;
  } catch {
    // Gone meanwhile, or somebody else's.
    return false;
  }
}

/**
 * The unit of a process's start time in `/proc`, on every architecture that Linux has had for long.
 * Source: proc(5).
 */
const TICKS_PER_SECOND = 100;

/**
 * Returns whether a process without an environment is about to have one: it lives, and is younger
 * than the command.
 */
async function mayBeStarting(pid: number, startedAt: number): Promise<boolean> {
  const fields = fieldsOf(await readFile(`/proc/${pid}/stat`, "utf8"));
  const [state = ""] = fields;
  const started = Number(fields[19]) / TICKS_PER_SECOND;
  return state !== "Z" && state !== "X" && started >= startedAt - 1 / TICKS_PER_SECOND;
}

/**
 * Returns the fields of `/proc/<pid>/stat` from the third on. The second, the program's name, may
 * hold anything.
 */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/**
 * Returns the members of a process group except its leader. Linux only, like the sandbox that needs
 * them.
 */
export function groupMembers(groupId: number | undefined): number[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === groupId) return [];
    try {
      const [, , group] = fieldsOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
      return Number(group) === groupId ? [pid] : [];
    } catch {
      // Gone meanwhile.
      return [];
    }
  });
}

/** Signals a process, or with a negative number a process group, and does nothing if it is gone. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it is gone, as was wanted.
  }
}

/**
 * Returns how many processes the system has killed because memory ran out, or 0 where it does not
 * count them.
 */
export function countMemoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
