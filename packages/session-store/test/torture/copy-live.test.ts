import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildWriter, startWriter } from "../child/child-process.ts";
import { openStore, says, writeTranscript } from "../fixtures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { rounds } from "./rounds.ts";

const COPIES = rounds({ short: 5, long: 100 });

/** The command of an operator. It fails for files that are removed meanwhile. */
function copy(from: string, to: string): Promise<void> {
  return new Promise((resolve) => execFile("cp", ["-r", from, to], () => resolve()));
}

test(`${COPIES} copies of a live store are stores that open`, async () => {
  await using folder = await temporaryFolder();
  const program = await buildWriter(folder.path);
  const live = join(folder.path, "live-store");
  const first = await openStore(live);
  const { sessionId } = await first.createSession("webchat");
  await first.appendMessage(sessionId, says("first"));
  await first.close();
  writeTranscript(live, "appended", ["first"]);
  const writers = [
    startWriter(program, "trickle", live, "appended"),
    startWriter(program, "stream", live, sessionId),
  ];
  await Promise.all(writers.map((writer) => writer.nextLine()));
  for (let round = 0; round < COPIES; round += 1) {
    const path = join(folder.path, `copy-${round}`);
    await copy(live, path);
    await using store = await openStore(path);
    await store.recover();
    const { sessions } = await store.listSessions();
    expect(sessions.map((session) => session.sessionId).sort()).toEqual([sessionId, "appended"].sort());
    for (const session of sessions) {
      expect((await store.loadMessages(session.sessionId, { limit: 1_000 })).length).toBeGreaterThan(0);
      const log = await store.openLog(session.sessionId);
      await log.close();
      const { seq } = await store.appendMessage(session.sessionId, says("in the copy"));
      expect(seq).toBeGreaterThan(session.lastSeq - 1);
    }
    await store.close();
    await rm(path, { recursive: true });
  }
  for (const writer of writers) await writer.kill();
}, 600_000);
