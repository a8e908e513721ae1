import { join } from "node:path";
import { appendLine } from "../files/append-line.ts";
import { readTextBeneath } from "../files/read-text.ts";

export interface MemoryOptions {
  workspaceDir: string;
  /** Where daily logs are kept, and where MEMORY.md is looked for next. @default `<workspaceDir>/.mini-openclaw` */
  dataDir?: string;
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/**
 * The agent's memory as files: MEMORY.md for what is to stay, one log for each day. Days and times are UTC.
 */
export class MemoryManager {
  readonly #workspaceDir: string;
  readonly #dataDir: string;
  readonly #now: () => number;

  constructor({
    workspaceDir,
    dataDir = join(workspaceDir, ".mini-openclaw"),
    now = Date.now,
  }: MemoryOptions) {
    this.#workspaceDir = workspaceDir;
    this.#dataDir = dataDir;
    this.#now = now;
  }

  /** MEMORY.md: the workspace's, else the data directory's; `undefined` if there is neither. */
  async readLongTerm(): Promise<string | undefined> {
    return (await this.#findLongTerm())?.text;
  }

  /** Adds a line to the MEMORY.md that is read, the workspace's if there is none yet. */
  async remember(note: string): Promise<void> {
    const root = (await this.#findLongTerm())?.root ?? this.#workspaceDir;
    await appendLine(root, "MEMORY.md", `- ${oneLine(note)}`);
  }

  async #findLongTerm(): Promise<{ root: string; text: string } | undefined> {
    for (const root of [this.#workspaceDir, this.#dataDir]) {
      const text = await readTextBeneath(root, "MEMORY.md");
      if (text !== undefined) return { root, text };
    }
    return undefined;
  }

  /** The log of the day `daysAgo` days before today; `undefined` if nothing was logged. */
  async readDailyLog({ daysAgo = 0 } = {}): Promise<{ day: string; text: string } | undefined> {
    const day = isoDay(this.#now() - daysAgo * DAY_MS);
    const text = await readTextBeneath(this.#dataDir, logPath(day));
    return text === undefined ? undefined : { day, text };
  }

  /** Adds `- [HH:MM:SS] entry` to today's log. */
  async appendDailyLog(entry: string): Promise<void> {
    const instant = new Date(this.#now()).toISOString();
    const line = `- [${instant.slice(11, 19)}] ${oneLine(entry)}`;
    await appendLine(this.#dataDir, logPath(instant.slice(0, 10)), line);
  }
}

/** Where a day's log is kept, as seen from the data directory. */
function logPath(day: string): string {
  return join("memory", "daily-logs", `${day}.md`);
}

const DAY_MS = 86_400_000;

function isoDay(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

/** An entry is one line, so that nobody's text can pose as another entry. */
function oneLine(text: string): string {
  // Split first: one expression with blanks on both sides would take quadratic time for a long run of them.
  const lines = text.split(/[\r\n\u2028\u2029]+/);
  return lines.flatMap((line) => line.trim() || []).join(" ");
}
