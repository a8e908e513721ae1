import type { GatewayServer } from "@mini-openclaw/gateway";
import type { SessionStore } from "@mini-openclaw/protocol";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import { readSchedules, type Schedule } from "./schedule-file.ts";
import { findLastRun, openScheduleSession, requestIdOf } from "./schedule-sessions.ts";
import { previousTime, startTimer } from "./times.ts";

/** The name of the schedule of the settings. No other schedule can have it. */
const SETTINGS_SCHEDULE = "(settings)";

/**
 * Returns the schedules of a data directory: that of the settings, and those of the user's file.
 *
 * @throws ConfigError if the file is damaged
 */
export function schedulesOf({ schedule, scheduleFile, dataDir, timeZone }: MiniOpenClawConfig): Schedule[] {
  const added = readSchedules(scheduleFile, dataDir).map((one) => ({
    ...one,
    when: "cron" in one.when ? { ...one.when, timeZone: one.when.timeZone ?? timeZone } : one.when,
  }));
  if (!schedule) return added;
  const { everyMinutes, instruction } = schedule;
  const ofSettings = { name: SETTINGS_SCHEDULE, when: { everyMinutes }, instruction, catchesUp: false };
  return [{ ...ofSettings, addedAt: 0 }, ...added];
}

/** The dependencies of a scheduler. */
export interface SchedulerDeps {
  gateway: Pick<GatewayServer, "submit">;
  store: SessionStore;
  /** The file that remembers the session of each schedule. */
  sessionsFile: string;
  /** Reports a problem of a schedule. */
  report: (problem: unknown) => void;
}

/** Runs schedules until it is stopped. */
export interface Scheduler {
  /** Replaces all schedules. One that stays the same keeps its timer. */
  set(schedules: readonly Schedule[]): Promise<void>;
  /** Stops all timers. Active runs end by themselves. */
  stop(): void;
}

export function createScheduler(deps: SchedulerDeps): Scheduler {
  const jobs = new Map<string, () => void>();

  return {
    async set(schedules) {
      const wanted = new Map(schedules.map((schedule) => [JSON.stringify(schedule), schedule]));
      for (const [id, stop] of jobs) {
        if (wanted.has(id)) continue;
        stop();
        jobs.delete(id);
      }
      const added = [...wanted].filter(([id]) => !jobs.has(id));
      // Each is known before anything waits, so that two changes at once start it once.
      const started = added.map(([id, schedule]) => {
        const { stop, ready } = startJob(schedule, deps);
        jobs.set(id, stop);
        return ready;
      });
      await Promise.all(started);
    },
    stop() {
      for (const stop of jobs.values()) stop();
      jobs.clear();
    },
  };
}

/**
 * Starts the timer of a schedule and opens its session. Makes up for a missed time. A session that
 * cannot be read is reported, because the server and the other schedules need not wait for it.
 */
function startJob(schedule: Schedule, deps: SchedulerDeps): { stop: () => void; ready: Promise<void> } {
  const { store, report } = deps;
  const { name, when } = schedule;
  let isRunning = false;

  function fire(due: Date): void {
    // The next time comes anyway. Runs that pile up would cost money and help nobody.
    if (isRunning)
      return report(`${name}: there is no run at ${due.toISOString()}, because the last one is active.`);
    isRunning = true;
    ready
      .then(() => run(schedule, due, deps))
      .catch(report)
      .finally(() => {
        isRunning = false;
      });
  }

  async function prepare(): Promise<void> {
    const sessionId = await openSession(schedule, deps);
    const missed = schedule.catchesUp ? previousTime(when) : undefined;
    if (!missed || missed.getTime() <= schedule.addedAt) return;
    const last = await findLastRun(store, sessionId, name);
    if (!last || last.due < missed) fire(missed);
  }

  const ready = prepare().catch(report);
  return { stop: startTimer(when, fire), ready };
}

async function run(schedule: Schedule, due: Date, deps: SchedulerDeps): Promise<void> {
  const { name, instruction: content } = schedule;
  const sessionId = await openSession(schedule, deps);
  const { ended } = await deps.gateway.submit({ sessionId, content, requestId: requestIdOf(name, due) });
  await ended;
}

function openSession({ name }: Schedule, { store, sessionsFile: file }: SchedulerDeps): Promise<string> {
  const title = name === SETTINGS_SCHEDULE ? {} : { title: `Schedule: ${name}` };
  return openScheduleSession(store, { file, name, ...title });
}
