import type { SessionStore } from "@mini-openclaw/protocol";
import { nodeFileSystem } from "../files/file-system.ts";
import { readIndexedIds } from "../listing/index-file.ts";
import { StoreError } from "../model/errors.ts";
import { isSessionId } from "../model/names.ts";
import { repairSession } from "../store/repair.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type Finding, verifyTranscript } from "../transcript/verify.ts";
import type { Command } from "./command.ts";
import { findSession } from "./find-session.ts";
import { jsonLine, safe, safeLine } from "./terminal.ts";

const verify: Command["run"] = async ({ folder, args, json }, { store, terminal }) => {
  const files = new SessionFiles(nodeFileSystem, folder);
  let checked = 0;
  let problems = 0;
  const report = (sessionId: string, finding: Finding) => {
    terminal.out(describeFinding(sessionId, finding, json));
    if (!("isNote" in finding && finding.isNote)) problems += 1;
  };
  for (const sessionId of await idsOf(store, { files, folder, names: args })) {
    const location = await files.locate(sessionId);
    if (!location) continue; // deleted meanwhile
    const blobs = new BlobFolder(nodeFileSystem, folder, sessionId);
    for await (const finding of verifyTranscript(nodeFileSystem, location.transcript, blobs)) {
      report(sessionId, finding);
    }
    checked += 1;
    if (terminal.isInteractive) terminal.err(`\r${checked} checked`);
  }
  if (args.length === 0) {
    for (const sessionId of await readIndexedIds(nodeFileSystem, folder)) {
      if (!(await files.locate(sessionId))) report(sessionId, { problem: ONLY_INDEXED, cut: false });
    }
  }
  if (terminal.isInteractive && checked > 0) terminal.err("\r");
  if (!json) terminal.err(`${checked} session(s) checked, ${problems} problem(s) found.\n`);
  return problems === 0 ? 0 : 1;
};

const ONLY_INDEXED =
  "has a line in sessions.index, but no transcript; if that is right, delete sessions.index";

const repair: Command["run"] = async ({ folder, args, json }, { store, terminal }) => {
  const files = new SessionFiles(nodeFileSystem, folder);
  let exitCode = 0;
  for (const sessionId of await idsOf(store, { files, folder, names: args })) {
    try {
      const { cut, backup } = await repairSession(nodeFileSystem, folder, sessionId);
      if (json) terminal.out(jsonLine({ sessionId, cut, backup }));
      else if (backup === undefined) terminal.out(safe(`${sessionId}: nothing to repair\n`));
      else terminal.out(safe(`${sessionId}: ${cut.length} line(s) cut; the file as it was: ${backup}\n`));
    } catch (error) {
      // The other sessions are repaired all the same.
      if (!StoreError.is(error)) throw error;
      terminal.err(`${safeLine(`session-store: ${error.message} (${error.code})`)}\n`);
      exitCode = 1;
    }
  }
  return exitCode;
};

export const checkCommands: Record<string, Command> = {
  verify: { run: verify, usage: "[session…]", count: [0, Number.POSITIVE_INFINITY] },
  repair: { run: repair, usage: "<session…>", count: [1, Number.POSITIVE_INFINITY] },
};

/**
 * Returns the ids of the named sessions; without names those of all transcripts, readable or not.
 */
async function idsOf(
  store: SessionStore,
  { files, folder, names }: { files: SessionFiles; folder: string; names: string[] },
): Promise<string[]> {
  const { open, archived } = await files.list();
  if (names.length === 0) return [...open, ...archived];
  const ids: string[] = [];
  for (const name of names) {
    // A transcript that cannot be read has no name but its id.
    const isThere = isSessionId(name) && (open.has(name) || archived.has(name));
    ids.push(isThere ? name : (await findSession(store, folder, name)).sessionId);
  }
  return ids;
}

function describeFinding(sessionId: string, finding: Finding, json: boolean): string {
  if (json) return jsonLine({ sessionId, ...finding });
  if (!("line" in finding)) return `${safeLine(`${sessionId}: ${finding.problem}`)}\n`;
  const { line, offset, cut, problem } = finding;
  const hint = cut ? '; "repair" cuts it' : "";
  return `${safeLine(`${sessionId}: line ${line}, byte ${offset}: ${problem}${hint}`)}\n`;
}
