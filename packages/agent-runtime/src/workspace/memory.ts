import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendLine } from "../files/append-line.ts";
import { OWN_FOLDER } from "../files/hidden-paths.ts";
import { unlessItIsThere } from "../files/open-beneath.ts";
import type { Workspace } from "../files/workspace-file.ts";
import {
  checkFunctions,
  checkKnown,
  checkText,
  checkTimeZone,
  invalidOption,
} from "../shared/check-options.ts";
import { dayBefore, toLocalTime } from "../shared/local-time.ts";
import { type FileBacked, textFile } from "./file-backed.ts";

/** Daily logs whose text is held: more than a prompt has. */
const MAX_LOGS = 64;

/** Characters of a file that the system prompt shows. OpenClaw's limit for its bootstrap files. */
export const MAX_PROMPT_FILE_CHARS = 20_000;

export interface MemoryOptions {
  workspaceDir: string;
  /**
   * Where daily logs are kept, and where MEMORY.md is looked for next.
   * @default `<workspaceDir>/.mini-openclaw`
   */
  dataDir?: string;
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** The time zone of days and times, such as `Asia/Shanghai`. @default this process's */
  timeZone?: string;
}

/**
 * The agent's memory as files: MEMORY.md for what is to stay, one log for each day. Days and times
 * are local.
 */
export class MemoryManager {
  /** The folder of the daily logs. */
  readonly dataDir: string;
  /** Without the application's own folders. */
  readonly #workspace: Workspace;
  readonly #now: () => number;
  readonly #timeZone: string | undefined;
  /** Where MEMORY.md is looked for, in this order. */
  readonly #longTerm: readonly { root: Workspace; file: FileBacked<string | undefined> }[];
  /** The daily logs, by their days. */
  readonly #logs = new Map<string, FileBacked<string | undefined>>();

  /** @throws AgentError `INVALID_OPTION` */
  constructor(options: MemoryOptions) {
    checkKnown("new MemoryManager", options, {
      workspaceDir: true,
      dataDir: true,
      now: true,
      timeZone: true,
    });
    const workspaceDir = checkText("workspaceDir", options.workspaceDir);
    checkFunctions(options, ["now"]);
    const { dataDir = join(workspaceDir, ".mini-openclaw"), now = Date.now, timeZone } = options;
    this.dataDir = checkText("dataDir", dataDir);
    this.#workspace = { dir: workspaceDir, hidden: [OWN_FOLDER, dataDir] };
    this.#now = now;
    this.#timeZone = timeZone === undefined ? undefined : checkTimeZone(timeZone);
    this.#longTerm = [this.#workspace, { dir: dataDir }].map((root) => ({
      root,
      file: textFile(root, "MEMORY.md"),
    }));
  }

  /** MEMORY.md of the workspace, else of the data directory, or `undefined` if there is neither. */
  async readLongTerm(): Promise<string | undefined> {
    return (await this.#findLongTerm())?.text;
  }

  /**
   * Adds a line to the MEMORY.md that is read, the workspace's if there is none yet. Returns how
   * long that now is, in UTF-16 units.
   *
   * A file that has outgrown the prompt is about to be condensed. So its text is also saved in the
   * data directory, once a day.
   */
  async remember(note: string): Promise<{ chars: number }> {
    const { root, text } = (await this.#findLongTerm()) ?? { root: this.#workspace, text: "" };
    const line = `- ${oneLine("note", note)}`;
    await appendLine(root, "MEMORY.md", line);
    const chars = text.length + line.length + 1;
    if (chars > MAX_PROMPT_FILE_CHARS) await this.#saveCopy(`${text}\n${line}\n`);
    return { chars };
  }

  async #saveCopy(text: string): Promise<void> {
    const folder = join(this.dataDir, "memory", "before-condensing");
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${this.#localTime().day}.md`);
    await writeFile(path, text, { flag: "wx" }).catch(unlessItIsThere);
  }

  async #findLongTerm(): Promise<{ root: Workspace; text: string } | undefined> {
    for (const { root, file } of this.#longTerm) {
      const text = await file.get();
      if (text !== undefined) return { root, text };
    }
    return undefined;
  }

  /** The log of the day `daysAgo` days before today, or `undefined` if nothing was logged. */
  async readDailyLog({ daysAgo = 0 } = {}): Promise<{ day: string; text: string } | undefined> {
    const day = dayBefore(this.#localTime().day, daysAgo);
    const text = await this.#logOf(day).get();
    return text === undefined ? undefined : { day, text };
  }

  /** Adds `- [HH:MM:SS] entry` to today's log. */
  async appendDailyLog(entry: string): Promise<void> {
    const { day, time } = this.#localTime();
    await appendLine({ dir: this.dataDir }, logPath(day), `- [${time}] ${oneLine("entry", entry)}`);
  }

  #logOf(day: string): FileBacked<string | undefined> {
    const log = this.#logs.get(day) ?? textFile({ dir: this.dataDir }, logPath(day));
    this.#logs.set(day, log);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > MAX_LOGS && oldest !== undefined) this.#logs.delete(oldest);
    return log;
  }

  #localTime() {
    return toLocalTime(this.#now(), this.#timeZone);
  }
}

/** Where a day's log is kept, as seen from the data directory. */
function logPath(day: string): string {
  return join("memory", "daily-logs", `${day}.md`);
}

/**
 * Returns an entry as one line, so that nobody's text can pose as another entry.
 *
 * @throws AgentError `INVALID_OPTION`
 */
function oneLine(name: string, text: string): string {
  if (typeof text !== "string") throw invalidOption(name, "a text", text);
  // Split first: one expression with blanks on both sides would take quadratic time for a long run
  // of them.
  const lines = text.split(/[\r\n\u2028\u2029]+/);
  return lines.flatMap((line) => line.trim() || []).join(" ");
}
