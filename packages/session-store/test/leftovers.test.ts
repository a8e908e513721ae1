import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tagProcess } from "../src/files/lock-owner.ts";
import { buildWriter, startWriter } from "./child/child-process.ts";
import { contentsOf, openStore, says, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const id = "01a22799-339d-779b-9097-b0dad2432d2d";

test("removes the temporary files and locks of killed processes, and nothing of living ones", async () => {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "store");
  mkdirSync(join(store, "archive"), { recursive: true });
  for (const session of ["held", "other", "mine"]) writeTranscript(store, session, ["one"]);
  const program = await buildWriter(folder.path);
  const killed = startWriter(program, "hold", store, "held");
  await killed.nextLine();
  const lock = JSON.parse(readFileSync(join(store, "held.lock"), "utf8"));
  const { pid, startTime, pidNamespace, bootId } = lock;
  const dead = [pid, startTime, pidNamespace.replace(/\D/g, ""), bootId.slice(0, 8)].join("-");
  killed.child.kill("SIGKILL");
  await once(killed.child, "close");
  // It has written nothing, so that it removes nothing.
  await using living = await openStore(store);
  await living.openLog("other");

  const leftovers = [
    `held.jsonl.${dead}.${id}.tmp`,
    `archive/held.1.jsonl.${dead}.${id}.tmp`,
    `sessions.index.${dead}.${id}.tmp`,
    `held.lock.${dead}.${id}.tmp`,
    // Written by an earlier version, an hour ago.
    "held.jsonl.tmp",
    `held.meta.json.${id}.tmp`,
  ];
  const others = [`mine.jsonl.${tagProcess()}.${id}.tmp`, `mine.jsonl.${id}.tmp`, "notes.tmp", "other.lock"];
  for (const name of [...leftovers, ...others.slice(0, 3)]) writeFileSync(join(store, name), "x");
  const old = new Date(Date.now() - 2 * 60 * 60 * 1_000);
  for (const name of [...leftovers, "notes.tmp"]) utimesSync(join(store, name), old, old);
  writeFileSync(join(store, `held.lock.${crypto.randomUUID()}`), JSON.stringify({ ...lock }));

  await using next = await openStore(store);
  await next.listSessions();
  expect(existsSync(join(store, leftovers[0] ?? ""))).toBe(true);
  await next.appendMessage("mine", says("two"));
  await next.close();
  expect(leftovers.filter((name) => existsSync(join(store, name)))).toEqual([]);
  expect(others.filter((name) => !existsSync(join(store, name)))).toEqual([]);
  expect(readdirSync(store).filter((name) => name.startsWith("held.lock"))).toEqual([]);
  await using last = await openStore(store);
  expect(await contentsOf(last, "held")).toEqual(["one"]);
});

test("refuses no append to a session whose dead lock it removes", async () => {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "store");
  mkdirSync(store);
  const dead = ["a", "b", "c", "d", "e", "f"];
  for (const session of [...dead, "mine"]) writeTranscript(store, session, ["one"]);
  const program = await buildWriter(folder.path);
  const killed = dead.map((session) => startWriter(program, "hold", store, session));
  await Promise.all(killed.map((writer) => writer.nextLine()));
  await Promise.all(killed.map((writer) => writer.kill()));

  await using next = await openStore(store);
  const appends = [next.appendMessage("mine", says("begins the removal"))];
  for (let turn = 0; turn < 60; turn += 1) {
    await new Promise(setImmediate);
    appends.push(next.appendMessage(dead[turn % dead.length] ?? "", says(`turn ${turn}`)));
  }
  await Promise.all(appends);
  expect((await contentsOf(next, "a")).length).toBe(1 + 60 / dead.length);
});
