import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { buildWriter, startWriter, type Writer } from "../child/child-process.ts";
import { contentsOf, openStore, writeTranscript } from "../fixtures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { isLong, rounds } from "./rounds.ts";

const PROCESSES = rounds({ short: 4, long: 8 });
const DISTURBANCES = rounds({ short: 12, long: 1700 });

test(`${PROCESSES} processes on one session, killed and stopped at random, lose no acknowledged append`, async () => {
  await using folder = await temporaryFolder();
  const program = await buildWriter(folder.path);
  const sessionId = "hammered";
  writeTranscript(folder.path, sessionId, ["first"]);
  const start = (name: number) => startWriter(program, "takeTurns", folder.path, sessionId, `p${name}`);
  const running: Writer[] = Array.from({ length: PROCESSES }, (_, index) => start(index));
  const dead: Writer[] = [];
  let slowest = 0;
  await Promise.all(running.map((writer) => writer.nextLine()));
  for (let count = 0; count < DISTURBANCES; count += 1) {
    const index = Math.floor(Math.random() * PROCESSES);
    const victim = running[index] as Writer;
    if (count % 3 === 0) {
      victim.child.kill("SIGSTOP");
      await delay(Math.random() * 150);
      victim.child.kill("SIGCONT");
    } else {
      await victim.kill();
      dead.push(victim);
      const killedAt = performance.now();
      const others = running.filter((writer) => writer !== victim);
      await Promise.race(others.map((writer) => writer.nextLine()));
      slowest = Math.max(slowest, performance.now() - killedAt);
      running[index] = start(index);
    }
    await delay(Math.random() * 60);
  }
  for (const writer of running) await writer.kill();
  if (isLong) console.log(`the slowest take-over after a kill: ${Math.round(slowest)} ms`);

  await using store = await openStore(folder.path);
  const said = [...dead, ...running].flatMap(({ lines }) => lines);
  expect(said.filter((line) => line.startsWith("failed"))).toEqual([]);
  const contents = await contentsOf(store, sessionId);
  const found = new Map<number, string>();
  for await (const entry of store.entries(sessionId))
    if ("role" in entry) found.set(entry.seq, entry.content);
  expect(found.size).toBeGreaterThan(said.length);
  for (const line of said) {
    const [seq, content] = line.split(" ");
    expect(found.get(Number(seq))).toBe(content);
  }
  const seqs = [...found.keys()];
  expect(seqs).toEqual([...seqs].sort((left, right) => left - right));
  expect(contents.length).toBe(Math.min(10_000, new Set(found.values()).size));
}, 600_000);
