import { existsSync } from "node:fs";
import process from "node:process";
import { closestName } from "@mini-openclaw/protocol/shared";
import { openSessionStore, type SessionStore } from "@mini-openclaw/session-store";
import { describeFailure } from "../../log/report.ts";
import { addSchedule, readSchedules, removeSchedule, type Schedule } from "../../schedule/schedule-file.ts";
import {
  findLastRun,
  findScheduleSession,
  type LastRun,
  rememberScheduleSession,
  requestIdOf,
} from "../../schedule/schedule-sessions.ts";
import { schedulesOf } from "../../schedule/scheduler.ts";
import { describeWhen, nextTime } from "../../schedule/times.ts";
import type { MiniOpenClawConfig } from "../../settings/config.ts";
import type { Sources } from "../../settings/sources.ts";
import { connectServer } from "../connect-server.ts";
import { exitCodes, exitWith } from "../exit.ts";
import { loadConfig, warn } from "../load.ts";
import type { Options } from "../options.ts";
import { oneLine } from "../safe-text.ts";
import { ask, exitCodeOf } from "./run.ts";

type Flags = Sources["flags"];

/** A row of the list. */
interface Row {
  name: string;
  when: string;
  next: string | undefined;
  last: { due: string; outcome: string } | undefined;
  instruction: string;
}

/** Prints each schedule with its next time and the outcome of its last run. */
export async function listSchedules(flags: Flags, { json }: Options): Promise<void> {
  const config = loadConfig(flags);
  try {
    const rows = await withStore(config, (store) =>
      Promise.all(schedulesOf(config).map((schedule) => toRow(schedule, config, store))),
    );
    if (json === true) return console.log(JSON.stringify(rows, undefined, 2));
    if (rows.length === 0)
      return console.log('There are no schedules. Add one: mini-openclaw schedule add NAME "0 9 * * *" "…"');
    for (const { name, when, next, last, instruction } of rows) {
      console.log(`${name}\t${when}\t${oneLine(instruction, 60)}`);
      console.log(
        `  next ${next ?? "while a server runs"}, last ${last ? `${last.due} ${last.outcome}` : "never"}`,
      );
    }
  } catch (error) {
    exitWith(error);
  }
}

/** Adds a schedule for the server of this data directory. A server that runs reads it at once. */
export function add(
  name: string,
  cron: string,
  instruction: string,
  flags: Flags,
  { catchUp }: Options,
): void {
  const { scheduleFile, dataDir, timeZone } = loadConfig(flags);
  try {
    addSchedule(scheduleFile, {
      name,
      dataDir,
      cron,
      ...(timeZone !== undefined && { timeZone }),
      instruction,
      catchUp: catchUp === true ? "once" : "never",
      addedAt: new Date().toISOString(),
    });
    const next = nextTime({ cron, timeZone });
    console.log(`Added ${name} to ${scheduleFile}. Its next time is ${next?.toISOString()}.`);
    console.log("It runs while mini-openclaw start runs here.");
  } catch (error) {
    exitWith(error);
  }
}

export function remove(name: string, flags: Flags): void {
  const { scheduleFile, dataDir } = loadConfig(flags);
  try {
    if (removeSchedule(scheduleFile, name, dataDir)) return console.log(`Removed ${name}. Its chat stays.`);
    refuseName(name, readSchedules(scheduleFile, dataDir));
  } catch (error) {
    exitWith(error);
  }
}

/** Runs a schedule now, in its session, and exits with the code of the outcome. */
export async function runNow(name: string, flags: Flags): Promise<void> {
  const config = loadConfig(flags);
  try {
    const schedules = schedulesOf(config);
    const schedule = schedules.find((one) => one.name === name) ?? refuseName(name, schedules);
    const { client, close } = await connectServer(config);
    const { scheduleSessions: file } = config;
    const known = await withStore(config, async (store) => store && findScheduleSession(store, file, name));
    const session = known === undefined ? await client.create() : client.session(known);
    const id = requestIdOf(name, new Date());
    const result = await ask(
      session,
      { content: schedule.instruction, blocks: [] },
      { isJson: false, allowsAll: false, id },
    );
    if (known === undefined && result.sessionId !== undefined) {
      await client.ask({ type: "rename", sessionId: result.sessionId, title: `Schedule: ${name}` });
      rememberScheduleSession(file, name, result.sessionId);
    }
    await close();
    process.exit(exitCodeOf(result));
  } catch (error) {
    exitWith(error);
  }
}

function refuseName(name: string, schedules: readonly Schedule[]): never {
  const names = schedules.map((schedule) => schedule.name);
  const closest = closestName(name, names);
  const hint = closest === undefined ? `Known: ${names.join(", ") || "none"}.` : `Did you mean ${closest}?`;
  warn(`\`${name}\` is not a schedule of this data directory. ${hint}`);
  process.exit(exitCodes.badUsage);
}

async function toRow(
  { name, when, instruction }: Schedule,
  { scheduleSessions }: MiniOpenClawConfig,
  store: SessionStore | undefined,
): Promise<Row> {
  const last = store && (await lastRunOf(store, scheduleSessions, name).catch(warnOfChat(name)));
  return {
    name,
    when: describeWhen(when),
    next: nextTime(when)?.toISOString(),
    last: last && { due: last.due.toISOString(), outcome: last.outcome ?? "active" },
    instruction,
  };
}

/** One chat that cannot be read must not hide the other schedules. */
function warnOfChat(name: string): (error: unknown) => undefined {
  return (error) => {
    warn(`The chat of ${name} cannot be read: ${String(describeFailure(error))} Run: mini-openclaw doctor`);
    return undefined;
  };
}

async function lastRunOf(store: SessionStore, file: string, name: string): Promise<LastRun | undefined> {
  const sessionId = await findScheduleSession(store, file, name);
  return sessionId === undefined ? undefined : findLastRun(store, sessionId, name);
}

/** Reads the sessions, also beside a server that writes them. */
async function withStore<Result>(
  { sessionsDir }: MiniOpenClawConfig,
  read: (store: SessionStore | undefined) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(sessionsDir)) return read(undefined);
  const store = await openSessionStore(sessionsDir);
  try {
    return await read(store);
  } finally {
    await store.close();
  }
}
