import { setTimeout as sleep } from "node:timers/promises";
import type { Entry, SessionStore } from "@mini-openclaw/protocol";
import { nodeFileSystem } from "../files/file-system.ts";
import { readIndexedIds } from "../listing/index-file.ts";
import { describeForeign } from "../transcript/foreign-file.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import type { Command, CommandLine } from "./command.ts";
import { eachSession, findSession } from "./find-session.ts";
import { formatEntry } from "./format-entry.ts";
import { MarkdownText } from "./markdown-text.ts";
import { createFileSaver } from "./save-files.ts";
import { bold, dim, instant, jsonLine, safe, safeLine, sessionRow, type Terminal } from "./terminal.ts";

// Soon enough for somebody who waits. Each look is two system calls.
const FOLLOW_MS = 250;

const ls: Command["run"] = async ({ folder, json, archived, key, limit }, { store, terminal }) => {
  let count = 0;
  for await (const session of eachSession(store, { archived, ...(key !== undefined && { key }) })) {
    if (count === limit) break;
    if (count === 0 && !json) terminal.out(dim(terminal, listHead));
    terminal.out(json ? jsonLine(session) : `${sessionRow(session)}\n`);
    count += 1;
  }
  const others = archived || key !== undefined ? 0 : await listForeign(folder, terminal, json);
  if (count + others === 0 && !json) terminal.err("There are no sessions here.\n");
  return 0;
};

const listHead = `${"session".padEnd(36)}  ${"updated (UTC)".padEnd(19)}   count  ${"key".padEnd(20)}  title\n`;

/** Prints the session files of other programs. Returns their number. */
async function listForeign(folder: string, terminal: Terminal, json: boolean): Promise<number> {
  const files = new SessionFiles(nodeFileSystem, folder);
  // The index names sessions of this store only.
  const own = await readIndexedIds(nodeFileSystem, folder);
  let count = 0;
  for (const sessionId of (await files.list()).open) {
    if (own.has(sessionId)) continue;
    const program = await files.foreignProgram(sessionId);
    if (program === undefined) continue;
    count += 1;
    if (json) terminal.out(jsonLine({ sessionId, program }));
    else terminal.out(safe(`${sessionId}  (${describeForeign(program)})\n`));
  }
  return count;
}

const show: Command["run"] = async ({ folder, args: [name = ""], json, limit }, { store, terminal }) => {
  const session = await findSession(store, folder, name);
  const messages = await store.loadMessages(session.sessionId, { limit });
  if (!json) {
    const { title, key, sessionId, messageCount, createdAt } = session;
    terminal.out(`${bold(terminal, safeLine(title || "(no title)"))}\n`);
    const facts = `${sessionId} · ${key} · ${messageCount} messages since ${instant(createdAt)} UTC`;
    terminal.out(`${dim(terminal, safeLine(facts))}\n\n`);
  }
  const failures = json ? [] : await loadFailures(store, session.sessionId, messages[0]?.seq);
  const entries = [...messages, ...failures].sort((one, other) => one.seq - other.seq);
  for (const entry of entries) print(terminal, entry, json);
  return 0;
};

/** Returns the ends of failed runs after an entry: a run that failed at once has no message. */
async function loadFailures(
  store: SessionStore,
  sessionId: string,
  first: number | undefined,
): Promise<Entry[]> {
  const failures: Entry[] = [];
  if (first === undefined) return failures;
  for await (const entry of store.entries(sessionId, { after: first })) {
    if ("outcome" in entry && entry.error) failures.push(entry);
  }
  return failures;
}

const tail: Command["run"] = async (line, { store, terminal, signal }) => {
  const { folder, args, json, limit, follow } = line;
  const { sessionId } = await findSession(store, folder, args[0] ?? "");
  const messages = await store.loadMessages(sessionId, { limit });
  for (const message of messages) print(terminal, message, json);
  let last = messages.at(-1)?.seq ?? 0;
  while (follow && !signal.aborted) {
    for await (const entry of store.entries(sessionId, { after: last })) {
      print(terminal, entry, json);
      last = entry.seq;
    }
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => {}); // the loop ends
  }
  return 0;
};

const search: Command["run"] = async (line, { store, terminal, signal }) => {
  const { args, json, limit, archived, key } = line;
  const options = { archived, signal, ...(key !== undefined && { key }) };
  let count = 0;
  for await (const { session, message } of store.searchSessions(args.join(" "), options)) {
    terminal.out(json ? jsonLine({ session, message }) : `${sessionRow(session)}\n`);
    if (message && !json) terminal.out(formatEntry(terminal, message));
    count += 1;
    if (count === limit) break;
  }
  if (count === 0 && !json) terminal.err("There is no such session here.\n");
  return 0;
};

const exportSession: Command["run"] = async (line, { store, terminal }) => {
  const { folder, args, files } = line;
  const format = line.json ? "jsonl" : line.format;
  const session = await findSession(store, folder, args[0] ?? "");
  const saver = files === undefined ? undefined : createFileSaver(store, session.sessionId, files);
  const markdown = new MarkdownText();
  for await (const entry of store.entries(session.sessionId)) {
    await saver?.save(entry);
    if (format === "jsonl") terminal.out(jsonLine(entry));
    else markdown.add(entry);
  }
  for (const missing of saver?.missing ?? []) {
    terminal.err(`${safeLine(`The file ${missing} is missing or damaged.`)}\n`);
  }
  const exitCode = saver && saver.missing.length > 0 ? 1 : 0;
  if (format === "jsonl") return exitCode;
  const head = safeLine(`# ${session.title || session.sessionId}`);
  terminal.out(`${head}\n\n${markdown.format(saver?.linkOf)}`);
  return exitCode;
};

export const readCommands: Record<string, Command> = {
  ls: { run: ls, usage: "", count: [0, 0], options: ["limit", "key", "archived"] },
  show: { run: show, usage: "<session>", count: [1, 1], options: ["limit"] },
  tail: { run: tail, usage: "[-f] <session>", count: [1, 1], options: ["limit", "follow"] },
  search: { run: search, usage: "<text>", count: [1, 100], options: ["limit", "key", "archived"] },
  export: { run: exportSession, usage: "<session>", count: [1, 1], options: ["format", "files"] },
};

function print(terminal: Terminal, entry: Entry, json: CommandLine["json"]): void {
  terminal.out(json ? jsonLine(entry) : formatEntry(terminal, entry));
}
