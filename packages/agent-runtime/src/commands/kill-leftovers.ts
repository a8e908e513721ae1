import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable that a command and all that it starts carry. */
export const COMMAND_ID = "MINI_OPENCLAW_COMMAND_ID";

/** Rounds of looking, and the pause between two: for processes that fork, start a program or end meanwhile. Chosen: 0.5 s. */
const MAX_ROUNDS = 50;
const PAUSE_MS = 10;

/** A command whose processes are looked for. */
export interface SweptCommand {
  id: string;
  /** The system's uptime when it was started, in seconds. */
  startedAt: number;
}

/**
 * Kills every process that carries the command's id in its environment, also those that left its process group (`setsid`,
 * daemons), and waits until they are gone. Linux only: elsewhere there is no `/proc` to look in.
 */
export async function sweepProcesses({ id, startedAt }: SweptCommand): Promise<void> {
  if (process.platform !== "linux") return;
  const mark = { text: Buffer.from(`${COMMAND_ID}=${id}\0`), startedAt };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await findProcesses(mark);
    for (const { pid, isMarked } of found) if (isMarked) kill(pid);
    if (found.length === 0) return;
    await sleep(PAUSE_MS);
  }
}

interface Mark {
  text: Buffer;
  startedAt: number;
}

/** The processes that carry the mark, and those of which it cannot be said yet. */
async function findProcesses(mark: Mark): Promise<{ pid: number; isMarked: boolean }[]> {
  const pids = (await readdir("/proc"))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const looks = await Promise.all(pids.map(async (pid) => ({ pid, isMarked: await carries(pid, mark) })));
  return looks.flatMap(({ pid, isMarked }) =>
    isMarked === false ? [] : [{ pid, isMarked: isMarked === true }],
  );
}

/** `undefined`: the process is just starting a program, and shows no environment meanwhile. */
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

/** The unit of a process's start time in `/proc`, on every architecture that Linux has had for long. Source: proc(5). */
const TICKS_PER_SECOND = 100;

/** Whether a process without an environment is about to have one: it lives, and is younger than the command. */
async function mayBeStarting(pid: number, startedAt: number): Promise<boolean> {
  const fields = fieldsOf(await readFile(`/proc/${pid}/stat`, "utf8"));
  const [state = ""] = fields;
  const started = Number(fields[19]) / TICKS_PER_SECOND;
  return state !== "Z" && state !== "X" && started >= startedAt - 1 / TICKS_PER_SECOND;
}

/** The fields of `/proc/<pid>/stat` from the third on; the second, the program's name, may hold anything. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The members of a process group but for its leader. Linux only, as the sandbox is that asks for them. */
export function followersOf(groupId: number | undefined): number[] {
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

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: gone meanwhile.
  }
}
