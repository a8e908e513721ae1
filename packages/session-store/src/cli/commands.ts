import { setTimeout as delay } from "node:timers/promises";
import type { Entry, SessionStore } from "@mini-openclaw/protocol";
import { nodeFileSystem } from "../files/file-system.ts";
import { repairSession } from "../store/repair.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type Finding, verifyTranscript } from "../transcript/verify.ts";
import { eachSession, findSession } from "./find-session.ts";
import { formatEntry, toMarkdown } from "./format-entry.ts";
import { bold, dim, instant, jsonLine, safe, sessionRow, type Terminal } from "./terminal.ts";

/** What the command line says, parsed. */
export interface CommandLine {
  folder: string;
  sessions: string[];
  json: boolean;
  archived: boolean;
  follow: boolean;
  limit: number;
  format: "markdown" | "jsonl";
  key?: string;
}

export interface Surroundings {
  store: SessionStore;
  terminal: Terminal;
  /** Aborts when the user stops the command. */
  signal: AbortSignal;
}

/** A command; gives its exit code. */
export type Command = (line: CommandLine, surroundings: Surroundings) => Promise<number>;

// Chosen: soon enough for somebody who watches; one look is two system calls.
const FOLLOW_MS = 250;

const ls: Command = async ({ json, archived, key, limit }, { store, terminal }) => {
  let count = 0;
  for await (const session of eachSession(store, { archived, ...(key !== undefined && { key }) })) {
    if (count === limit) break;
    if (count === 0 && !json) {
      terminal.out(
        dim(
          terminal,
          `${"session".padEnd(36)}  ${"updated (UTC)".padEnd(19)}   count  ${"key".padEnd(20)}  title\n`,
        ),
      );
    }
    terminal.out(json ? jsonLine(session) : `${sessionRow(session)}\n`);
    count += 1;
  }
  if (count === 0 && !json) terminal.err("There are no sessions here.\n");
  return 0;
};

const show: Command = async ({ sessions: [name = ""], json, limit }, { store, terminal }) => {
  const session = await findSession(store, name);
  const messages = await store.loadMessages(session.sessionId, { limit });
  if (!json) {
    const { title, key, sessionId, messageCount, createdAt } = session;
    terminal.out(`${bold(terminal, safe(title || "(no title)"))}\n`);
    const facts = `${sessionId} · ${key} · ${messageCount} messages since ${instant(createdAt)} UTC`;
    terminal.out(`${dim(terminal, safe(facts))}\n\n`);
  }
  for (const message of messages) print(terminal, message, json);
  return 0;
};

const tail: Command = async ({ sessions: [name = ""], json, limit, follow }, { store, terminal, signal }) => {
  const { sessionId } = await findSession(store, name);
  const messages = await store.loadMessages(sessionId, { limit });
  for (const message of messages) print(terminal, message, json);
  let last = messages.at(-1)?.seq ?? 0;
  while (follow && !signal.aborted) {
    for await (const entry of store.entries(sessionId, { after: last })) {
      print(terminal, entry, json);
      last = entry.seq;
    }
    await delay(FOLLOW_MS, undefined, { signal }).catch(() => {}); // the loop sees the abort
  }
  return 0;
};

const exportSession: Command = async ({ sessions: [name = ""], format }, { store, terminal }) => {
  const session = await findSession(store, name);
  if (format === "markdown") terminal.out(safe(`# ${session.title || session.sessionId}\n`));
  for await (const entry of store.entries(session.sessionId)) {
    terminal.out(format === "markdown" ? safe(toMarkdown(entry)) : jsonLine(entry));
  }
  return 0;
};

const verify: Command = async ({ folder, sessions: names, json }, { store, terminal }) => {
  const files = new SessionFiles(nodeFileSystem, folder);
  let checked = 0;
  let found = 0;
  for await (const sessionId of names.length > 0 ? named(store, names) : transcriptsOf(files)) {
    const location = await files.locate(sessionId);
    if (!location) continue; // deleted meanwhile
    for await (const finding of verifyTranscript(nodeFileSystem, location.transcript)) {
      terminal.out(describeFinding(sessionId, finding, json));
      found += 1;
    }
    checked += 1;
    if (terminal.isInteractive) terminal.err(`\r${checked} checked`);
  }
  if (terminal.isInteractive && checked > 0) terminal.err("\r");
  if (!json) terminal.err(`${checked} session(s) checked, ${found} problem(s) found.\n`);
  return found === 0 ? 0 : 1;
};

const repair: Command = async ({ folder, sessions: names, json }, { store, terminal }) => {
  for await (const sessionId of named(store, names)) {
    const { cut, backup } = await repairSession(nodeFileSystem, folder, sessionId);
    if (json) terminal.out(jsonLine({ sessionId, cut, backup }));
    else if (backup === undefined) terminal.out(`${sessionId}: nothing to repair\n`);
    else terminal.out(`${sessionId}: ${cut.length} line(s) cut; the file as it was: ${backup}\n`);
  }
  return 0;
};

/** The commands by name, with what they take. */
export const commands: Record<string, { run: Command; session: "none" | "one" | "some" | "any" }> = {
  ls: { run: ls, session: "none" },
  show: { run: show, session: "one" },
  tail: { run: tail, session: "one" },
  export: { run: exportSession, session: "one" },
  verify: { run: verify, session: "any" },
  repair: { run: repair, session: "some" },
};

async function* named(store: SessionStore, names: string[]): AsyncGenerator<string> {
  for (const name of names) yield (await findSession(store, name)).sessionId;
  if (names.length > 0) return;
  for (const archived of [false, true]) {
    for await (const { sessionId } of eachSession(store, { archived })) yield sessionId;
  }
}

function print(terminal: Terminal, entry: Entry, json: boolean): void {
  terminal.out(json ? jsonLine(entry) : formatEntry(terminal, entry));
}

function describeFinding(sessionId: string, finding: Finding, json: boolean): string {
  if (json) return jsonLine({ sessionId, ...finding });
  if (!("line" in finding)) return safe(`${sessionId}: ${finding.problem}`).concat("\n");
  const { line, offset, cut, problem } = finding;
  const hint = cut ? '; "repair" cuts it' : "";
  return safe(`${sessionId}: line ${line}, byte ${offset}: ${problem}${hint}`).concat("\n");
}

/** All transcripts, readable or not. */
async function* transcriptsOf(files: SessionFiles): AsyncGenerator<string> {
  const { open, archived } = await files.list();
  yield* [...open, ...archived];
}
