/** A time on the clock of a place. */
export interface LocalTime {
  /** `YYYY-MM-DD`. */
  day: string;
  /** `HH:MM:SS`. */
  time: string;
  /** The difference to UTC, such as `+05:30`. */
  offset: string;
  /** The name of the time zone, such as `Asia/Kolkata`. */
  zone: string;
}

/** The format of the zone that was used last, because making one takes 50 µs. */
let lastFormat: { zone: string | undefined; format: Intl.DateTimeFormat } | undefined;

/** The result of the last call, because runs ask several times in one second. */
let last: { zone: string | undefined; second: number; time: LocalTime } | undefined;

/** Returns an instant as local time, in this process's zone unless another is given. */
export function toLocalTime(timestamp: number, timeZone?: string): Readonly<LocalTime> {
  // A process may change its own zone.
  const zone = timeZone ?? process.env["TZ"];
  const second = Math.floor(timestamp / 1000);
  if (last && last.zone === zone && last.second === second) return last.time;
  if (!lastFormat || lastFormat.zone !== zone) lastFormat = { zone, format: createFormat(timeZone) };
  last = { zone, second, time: readClock(lastFormat.format, second * 1000) };
  return last.time;
}

function readClock(format: Intl.DateTimeFormat, timestamp: number): LocalTime {
  const parts = Object.fromEntries(format.formatToParts(timestamp).map(({ type, value }) => [type, value]));
  const part = (name: string) => parts[name] ?? "";
  const day = `${part("year")}-${part("month")}-${part("day")}`;
  const time = `${part("hour")}:${part("minute")}:${part("second")}`;
  const minutes = Math.round((Date.parse(`${day}T${time}Z`) - timestamp) / 60_000);
  return {
    day,
    time,
    offset: toOffset(minutes),
    zone: format.resolvedOptions().timeZone,
  };
}

function createFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    ...(timeZone !== undefined && { timeZone }),
    ...{ year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  } as const);
}

function toOffset(minutes: number): string {
  const two = (count: number) => String(count).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Returns the day so many days before another, both as `YYYY-MM-DD`. */
export function dayBefore(day: string, days: number): string {
  if (days === 0) return day;
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}
