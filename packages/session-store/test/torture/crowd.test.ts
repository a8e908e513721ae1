import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { buildWriter, startWriter } from "../child/child-process.ts";
import { openStore, writeTranscript } from "../fixtures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { rounds } from "./rounds.ts";

const SESSIONS = rounds({ short: 300, long: 1_000 });
const KILLS = rounds({ short: 3, long: 60 });
const ACKNOWLEDGED = rounds({ short: 200, long: 1_500 });

test(`${SESSIONS} sessions with 300 appends in flight lose no synced append to ${KILLS} kills and stops`, async () => {
  await using folder = await temporaryFolder();
  const program = await buildWriter(folder.path);
  for (let count = 0; count < SESSIONS; count += 1) writeTranscript(folder.path, `s${count}`, ["first"]);
  const said: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const writer = startWriter(program, "crowd", folder.path, `${SESSIONS}`, `p${kill}`);
    while (writer.lines.length < Math.random() * ACKNOWLEDGED) {
      await writer.nextLine();
      if (Math.random() > 0.02) continue;
      writer.child.kill("SIGSTOP");
      await delay(Math.random() * 50);
      writer.child.kill("SIGCONT");
    }
    await writer.kill();
    said.push(...writer.lines);
  }
  expect(said.filter((line) => line.startsWith("failed"))).toEqual([]);
  expect(said.length).toBeGreaterThan(0);

  await using store = await openStore(folder.path);
  const found = new Map<string, number>();
  for (let count = 0; count < SESSIONS; count += 1) {
    for await (const entry of store.entries(`s${count}`)) {
      const line = "role" in entry ? `s${count} ${entry.content}` : "";
      found.set(line, (found.get(line) ?? 0) + 1);
    }
  }
  expect(said.filter((line) => found.get(line) !== 1)).toEqual([]);
}, 1_200_000);
