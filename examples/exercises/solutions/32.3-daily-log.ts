import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Appends a line to the log of a day: `daily-logs/YYYY-MM-DD.md` in `folder`, with lines such as
 * `- [09:05:00] entry`. Day and time are those of the time zone. An entry stays one line.
 */
export async function appendToDailyLog(
  folder: string,
  entry: string,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<void> {
  // The Swedish form is that of ISO 8601.
  const [day, time] = now.toLocaleString("sv-SE", { timeZone }).split(" ");
  const logs = join(folder, "daily-logs");
  await mkdir(logs, { recursive: true });
  // One write, so that two processes do not mix their lines.
  await appendFile(join(logs, `${day}.md`), `- [${time}] ${entry.replaceAll(/\s+/g, " ").trim()}\n`);
}
