import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readTextBeneath } from "../files/read-text.ts";
import { openFile } from "../files/workspace-file.ts";

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
    return (await this.#findLongTerm())?.text;
  }

  /** Adds a line to the MEMORY.md that is read, the workspace's if there is none yet. */
  async remember(note: string): Promise<void> {
    const { root, text } = (await this.#findLongTerm()) ?? { root: this.#workspaceDir, text: "" };
    const gap = text === "" || text.endsWith("\n") ? "" : "\n";
    await appendBeneath(root, "MEMORY.md", `${gap}- ${oneLine(note)}\n`);
  }

  async #findLongTerm(): Promise<{ root: string; text: string } | undefined> {
    for (const root of [this.#workspaceDir, this.#dataDir]) {
      const text = await readTextBeneath(root, "MEMORY.md", MAX_MEMORY_BYTES);
      if (text !== undefined) return { root, text };
    }
    return undefined;
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
    await mkdir(this.#dataDir, { recursive: true });
    const line = `- [${instant.slice(11, 19)}] ${oneLine(entry)}\n`;
    await appendBeneath(this.#dataDir, logPath(instant.slice(0, 10)), line);
  }
}

/** Like what is read, what is written lies below its folder, wherever a link leads. */
async function appendBeneath(root: string, path: string, text: string): Promise<void> {
  const file = await openFile(root, path, "append");
  try {
    await file.appendFile(text);
  } finally {
    await file.close();
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
