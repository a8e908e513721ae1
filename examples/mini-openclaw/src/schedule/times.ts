import { Cron } from "croner";

/** The times of a schedule: a cron expression of five fields, or an interval. */
export type When = { cron: string; timeZone: string | undefined } | { everyMinutes: number };

const MINUTE_MS = 60_000;

/** Returns the reason why a text is no cron expression, for the end of an error text. */
export function refuseCron(cron: string): string | undefined {
  try {
    new Cron(cron, { mode: "5-part", paused: true });
    return undefined;
  } catch (error) {
    const count = cron.trim().split(/\s+/).length;
    // croner also knows expressions of six and seven fields, and speaks of them.
    const reason =
      count === 5
        ? (error as Error).message.replace(/^CronPattern: /, "").replace(/\.$/, "")
        : `${count} ${count === 1 ? "field" : "fields"}`;
    return (
      `must be a cron expression of five fields, such as "0 9 * * 1-5", got ${JSON.stringify(cron)} ` +
      `(${reason}).`
    );
  }
}

/** Returns the next time. An interval has one only while a server runs. */
export function nextTime(when: When): Date | undefined {
  return "cron" in when ? (cronOf(when).nextRun() ?? undefined) : undefined;
}

/** Returns the newest time that has passed. */
export function previousTime(when: When): Date | undefined {
  return "cron" in when ? cronOf(when).previousRuns(1)[0] : undefined;
}

/** Returns the times in words, such as `0 9 * * * (Asia/Shanghai)`. */
export function describeWhen(when: When): string {
  if ("everyMinutes" in when) return `every ${when.everyMinutes} min`;
  return when.timeZone === undefined ? when.cron : `${when.cron} (${when.timeZone})`;
}

/**
 * Calls `fire` at each time. An interval begins now. Returns a function that ends this.
 *
 * @param fire gets the time that is due
 */
export function startTimer(when: When, fire: (due: Date) => void): () => void {
  if ("everyMinutes" in when) {
    const timer = setInterval(() => fire(new Date()), when.everyMinutes * MINUTE_MS);
    return () => clearInterval(timer);
  }
  const job = cronOf(when, () => fire(new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS)));
  return () => job.stop();
}

function cronOf({ cron, timeZone }: Extract<When, { cron: string }>, fire?: () => void): Cron {
  const options = { mode: "5-part", ...(timeZone !== undefined && { timezone: timeZone }) } as const;
  return fire ? new Cron(cron, options, fire) : new Cron(cron, { ...options, paused: true });
}
