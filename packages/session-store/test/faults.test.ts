import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { type Faults, faultyFileSystem } from "./faulty-file-system.ts";
import { contentsOf, runEvents, says, transcriptPath } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const faults: [keyof FileSystem, string][] = [
  ["write", "ENOSPC"],
  ["write", "EIO"],
  ["write", "SHORT"],
  ["open", "EMFILE"],
  ["open", "EROFS"],
  ["sync", "EIO"],
  ["syncDirectory", "EIO"],
  ["rename", "EROFS"],
  ["link", "ENOSPC"],
  ["unlink", "EIO"],
  ["truncate", "EIO"],
  ["fileStat", "EIO"],
  ["read", "EIO"],
  ["readNow", "EIO"],
  ["makeDirectory", "ENOSPC"],
];

/** The calls of a client. Each may fail. Collects the acknowledged contents. */
async function script(store: JsonlStore, sessionId: string, kept: string[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  const step = async (contents: string[], act: () => Promise<unknown>) => {
    try {
      await act();
      kept.push(...contents);
    } catch (error) {
      errors.push(error);
    }
  };
  await step(["a"], () => store.appendMessage(sessionId, says("a")));
  await step(["b", "c"], () => store.appendMessages(sessionId, [says("b"), says("c")]));
  const { user, start, chunk, answer, done, end } = runEvents();
  await step([], async () => {
    const log = await store.openLog(sessionId);
    await step(["hi"], async () => log.record([user, start]));
    await step([], async () => log.record([chunk]));
    await step(["Hello"], async () => log.record([answer, done, end]));
    await step([], async () => log.settle());
    await log.close();
  });
  await step(["d"], () => store.appendMessage(sessionId, says("d")));
  await step([], () => store.loadMessages(sessionId));
  await step([], async () => {
    for await (const _ of store.entries(sessionId));
  });
  return errors;
}

/** Every n-th call fails once, until none is left to fail. */
async function everyCall(call: keyof FileSystem, code: string, durability: "os" | "disk"): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    const faulty = faultyFileSystem();
    await oneFault(faulty, { call, nth, code, durability });
    if (!faulty.hit) return nth - 1;
  }
}

async function oneFault(
  faulty: Faults,
  {
    call,
    nth,
    code,
    durability,
  }: { call: keyof FileSystem; nth: number; code: string; durability: "os" | "disk" },
): Promise<void> {
  await using folder = await temporaryFolder();
  const store = new JsonlStore({ fs: faulty.fs, path: folder.path, durability, lockWaitMs: 0 });
  const { sessionId } = await store.createSession("webchat");
  const kept: string[] = [];
  faulty.fail(call, nth, code);
  const errors = await script(store, sessionId, kept);
  for (const error of errors)
    expect(error, `${call} ${nth}`).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  faulty.lift();

  // Without a restart, the same store works again.
  await store.appendMessage(sessionId, says("after"));
  kept.push("after");
  const read = await contentsOf(store, sessionId);
  // Refused contents may be there whole, if only the disk failed. Acknowledged ones are there, in
  // order.
  expect(
    read.filter((content) => kept.includes(content)),
    `${call} ${nth} ${code}`,
  ).toEqual(kept);
  const seqs: number[] = [];
  for await (const { seq } of store.entries(sessionId)) seqs.push(seq);
  expect(seqs, `${call} ${nth}`).toEqual([...new Set(seqs)].sort((left, right) => left - right));
  await store.close();

  // And the files are sound.
  const again = new JsonlStore({ fs: faulty.fs, path: folder.path, durability, lockWaitMs: 0 });
  expect(await contentsOf(again, sessionId)).toEqual(expect.arrayContaining(kept));
  await again.appendMessage(sessionId, says("again"));
  const lines = readFileSync(transcriptPath(folder.path, sessionId), "utf8").trim().split("\n");
  for (const line of lines) if (line !== "" && call !== "truncate") JSON.parse(line);
  await again.close();
}

const onDiskOnly: (keyof FileSystem)[] = ["sync", "syncDirectory"];

test.each(faults)(
  "survives every %s that fails with %s, and loses nothing else",
  async (call, code) => {
    const hits = { os: await everyCall(call, code, "os"), disk: await everyCall(call, code, "disk") };
    expect({ os: hits.os > 0, disk: hits.disk > 0 }).toEqual({
      os: !onDiskOnly.includes(call),
      disk: true,
    });
  },
  60_000,
);

test("rejects every append under a key whose write failed", async () => {
  await using folder = await temporaryFolder();
  const faulty = faultyFileSystem();
  const store = new JsonlStore({ fs: faulty.fs, path: folder.path, durability: "os", lockWaitMs: 0 });
  const { sessionId } = await store.createSession("webchat");
  await store.appendMessage(sessionId, says("before"));
  faulty.fail("write", 1, "ENOSPC");
  const sends = [1, 2, 3].map(() => store.appendMessage(sessionId, says("once"), { idempotencyKey: "k" }));
  const told = await Promise.allSettled(sends);
  expect(told.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await contentsOf(store, sessionId)).toEqual(["before"]);
  faulty.lift();
  await store.appendMessage(sessionId, says("once"), { idempotencyKey: "k" });
  expect(await contentsOf(store, sessionId)).toEqual(["before", "once"]);
  await store.close();
});
