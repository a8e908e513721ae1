import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { ConfigError } from "../settings/config.ts";
import { isTimeZone } from "../settings/kinds.ts";
import { replaceFile } from "../settings/replace-file.ts";
import { readTextFile } from "../settings/sources.ts";
import { UsageError } from "../settings/usage-error.ts";
import { nextTime, refuseCron, type When } from "./times.ts";

/** An instruction that runs at certain times, in a session of its own. */
export interface Schedule {
  name: string;
  when: When;
  instruction: string;
  /** True: a time that passed while no server ran is made up for, once, at the next start. */
  catchesUp: boolean;
  /** Times before this one do not count as missed. */
  addedAt: number;
}

/** A schedule as the file has it. */
type StoredSchedule = v.InferOutput<typeof file>["schedules"][number];

// Fits into one line of a list, and into the id of a run's message.
const NAME = /^[\p{L}\p{N}_-]{1,40}$/u;
const nameRule = "must be 1 to 40 letters, digits, `-` or `_`, such as morning-news";

const file = v.strictObject({
  schedules: v.array(
    v.strictObject({
      name: v.pipe(v.string(), v.regex(NAME, nameRule)),
      /** The server of another data directory leaves the schedule alone. */
      dataDir: v.string(),
      cron: v.pipe(
        v.string(),
        v.check((cron) => refuseCron(cron) === undefined, "must be a cron expression"),
      ),
      timeZone: v.optional(
        v.pipe(v.string(), v.check(isTimeZone, "must be a time zone, such as Asia/Shanghai")),
      ),
      instruction: v.pipe(v.string(), v.regex(/\S/, "must be an instruction")),
      catchUp: v.picklist(["once", "never"]),
      addedAt: v.pipe(v.string(), v.isoTimestamp("must be a time, such as 2026-11-29T09:00:00.000Z")),
    }),
  ),
});

/**
 * Returns the schedules of a data directory. A missing file has none.
 *
 * The file belongs to the user, not to the workspace: a folder of somebody else must not bring
 * instructions that run by themselves.
 *
 * @throws ConfigError if the file is damaged
 */
export function readSchedules(path: string, dataDir: string): Schedule[] {
  return readStored(path)
    .filter((schedule) => schedule.dataDir === dataDir)
    .map(({ name, cron, timeZone, instruction, catchUp, addedAt }) => ({
      name,
      when: { cron, timeZone },
      instruction,
      catchesUp: catchUp === "once",
      addedAt: Date.parse(addedAt),
    }));
}

/**
 * Adds a schedule.
 *
 * @throws UsageError if a value is wrong, or the data directory has a schedule of this name
 * @throws ConfigError if the file is damaged
 */
export function addSchedule(path: string, schedule: StoredSchedule): void {
  const { name, dataDir, cron } = schedule;
  const problem = refuseCron(cron);
  if (!NAME.test(name)) throw new UsageError(`\`name\` ${nameRule}, got ${JSON.stringify(name)}.`);
  if (problem !== undefined) throw new UsageError(`\`cron\` ${problem}`);
  if (schedule.instruction.trim() === "")
    throw new UsageError("`instruction` must be a message to the agent, got none.");
  if (nextTime({ cron, timeZone: schedule.timeZone }) === undefined)
    throw new UsageError(`\`cron\` must name a time that comes, got ${JSON.stringify(cron)}.`);
  const all = readStored(path);
  if (all.some((one) => one.name === name && one.dataDir === dataDir))
    throw new UsageError(
      `\`name\` must be new, and there is a schedule ${name}. Remove it first: mini-openclaw schedule rm ${name}.`,
    );
  write(path, [...all, schedule]);
}

/** Removes a schedule. Returns false if the data directory has none of this name. */
export function removeSchedule(path: string, name: string, dataDir: string): boolean {
  const all = readStored(path);
  const others = all.filter((one) => one.name !== name || one.dataDir !== dataDir);
  if (others.length === all.length) return false;
  write(path, others);
  return true;
}

function readStored(path: string): StoredSchedule[] {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw refusal(path, `cannot be read: ${(error as Error).message}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal(path, `cannot be read as JSON: ${(error as Error).message}. Correct it, or remove it.`);
  }
  const { success, output, issues } = v.safeParse(file, value);
  if (success) return output.schedules;
  throw new ConfigError(
    issues.map((issue) => ({
      name: `${v.getDotPath(issue) ?? "schedules"} in ${path}`,
      message:
        issue.received === "undefined"
          ? "must be set. Correct it, or remove the schedule."
          : `${issue.message.replace(/^Invalid/, "is invalid")}, got ${issue.received}.`,
    })),
  );
}

function write(path: string, schedules: readonly StoredSchedule[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(path, `${JSON.stringify({ schedules }, undefined, 2)}\n`, 0o600);
}

function refusal(name: string, message: string): ConfigError {
  return new ConfigError([{ name, message }]);
}
