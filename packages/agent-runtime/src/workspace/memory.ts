import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing, readTextBeneath } from "./read-text.ts";

/** A memory file beyond this many bytes is read only so far. Chosen: 1 MiB, far more than a prompt can hold. */
const MAX_MEMORY_BYTES = 1_048_576;

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
    return (
      (await readTextBeneath(this.#workspaceDir, "MEMORY.md", MAX_MEMORY_BYTES)) ??
      (await readTextBeneath(this.#dataDir, "MEMORY.md", MAX_MEMORY_BYTES))
    );
  }

  /** Adds a line to the workspace's MEMORY.md. */
  async remember(note: string): Promise<void> {
    const path = join(this.#workspaceDir, "MEMORY.md");
    const before = await readTextBeneath(this.#workspaceDir, "MEMORY.md", MAX_MEMORY_BYTES);
    const gap = before === undefined || before === "" || before.endsWith("\n") ? "" : "\n";
    await appendFile(path, `${gap}- ${oneLine(note)}\n`);
  }

  /** The log of the day `daysAgo` days before today; `undefined` if nothing was logged. */
  async readDailyLog({ daysAgo = 0 } = {}): Promise<{ day: string; text: string } | undefined> {
    const day = isoDay(this.#now() - daysAgo * DAY_MS);
    const text = await readTextBeneath(this.#dataDir, logPath(day), MAX_MEMORY_BYTES);
    return text === undefined ? undefined : { day, text };
  }

  /** Adds `- [HH:MM:SS] entry` to today's log. */
  async appendDailyLog(entry: string): Promise<void> {
    const instant = new Date(this.#now()).toISOString();
    const path = join(this.#dataDir, logPath(instant.slice(0, 10)));
    const line = `- [${instant.slice(11, 19)}] ${oneLine(entry)}\n`;
    try {
      await appendFile(path, line);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, line);
    }
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
  return text.trim().replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ");
}
