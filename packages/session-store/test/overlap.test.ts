import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { contentsOf, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { guardedFileSystem } from "./guarded-file-system.ts";
import { temporaryFolder } from "./temporary-folder.ts";

// More than the writers that may be open at a time.
const SESSIONS = 400;

/** Resolves with `kept`, or with the code of the refusal. */
async function outcomeOf(append: Promise<unknown>): Promise<string> {
  try {
    await append;
    return "kept";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

test("deletes an archived session that is moved back meanwhile", async () => {
  await using folder = await temporaryFolder();
  const { fs } = guardedFileSystem();
  let moved = 0;
  // Between the look at the session and its move, another process moves it back.
  const link = (existing: string, path: string) => {
    moved += Number(path.includes("deleted"));
    if (moved !== 1 || !path.includes("deleted")) return fs.link(existing, path);
    fs.link(existing, transcriptPath(folder.path, "s"));
    fs.unlink(existing);
    fs.link(existing, path);
  };
  const options = { path: folder.path, durability: "os", lockWaitMs: 0 } as const;
  const store = new JsonlStore({ fs: { ...fs, link }, ...options });
  writeTranscript(folder.path, "s", ["first"]);
  await store.archiveSession("s");
  await store.deleteSession("s");
  expect(moved).toBe(2);
  expect(await store.getSession("s")).toBeUndefined();
  expect((await store.getSession("s", { deleted: true }))?.sessionId).toBe("s");
  await store.close();
});

describe.each(["os", "disk"] as const)("at durability %s", (durability) => {
  test("accepts every append to more sessions than open writers, and syncs each file", async () => {
    await using folder = await temporaryFolder();
    const guarded = guardedFileSystem();
    const store = new JsonlStore({ fs: guarded.fs, path: folder.path, durability, lockWaitMs: 0 });
    const ids: string[] = [];
    for (let count = 0; count < SESSIONS; count += 1)
      ids.push((await store.createSession(`k${count}`)).sessionId);
    const append = (id: string, round: number) => async () => {
      const options = round % 2 === 0 ? {} : { idempotencyKey: `${round}` };
      await store.appendMessages(id, [says(`q${round}`), says(`a${round}`)], options);
      // An acknowledged append is covered by a sync of its own file.
      const path = transcriptPath(folder.path, id);
      const text = readFileSync(path);
      const end = text.indexOf(10, text.indexOf(`"a${round}"`)) + 1;
      return durability === "os" || guarded.syncedBytes(path) >= end ? "kept" : "not synced";
    };
    const appends = [0, 1].flatMap((round) => ids.map((id) => append(id, round)()));
    expect(new Set(await Promise.all(appends))).toEqual(new Set(["kept"]));
    for (const id of ids) expect((await contentsOf(store, id)).sort()).toEqual(["a0", "a1", "q0", "q1"]);
    await store.close();
    expect(guarded.misuses).toEqual([]);
    expect(guarded.open.count).toBe(0);
    // A transcript, a lock's temporary file, a journal: a few for each of 256 writers.
    expect(guarded.open.most).toBeLessThan(600);
  });

  const endings: Record<string, (store: JsonlStore, sessionId: string) => Promise<unknown>> = {
    "an archive": (store, sessionId) => store.archiveSession(sessionId),
    "a delete": (store, sessionId) => store.deleteSession(sessionId),
    "the end of the store": (store) => store.close(),
    "the end of its log": async (store, sessionId) => (await store.openLog(sessionId)).close(),
  };
  test.each(Object.entries(endings))(
    "appends that meet %s go through, or are refused, never both",
    async (_, end) => {
      for (let before = 0; before < 4; before += 1) {
        await using folder = await temporaryFolder();
        const guarded = guardedFileSystem();
        const open = () => new JsonlStore({ fs: guarded.fs, path: folder.path, durability, lockWaitMs: 0 });
        const store = open();
        const { sessionId } = await store.createSession("k");
        await store.appendMessage(sessionId, says("first"));
        const contents = Array.from({ length: 12 }, (__, index) => `m${index}`);
        const appends: Promise<string>[] = [];
        let ending: Promise<unknown> | undefined;
        for (const [index, content] of contents.entries()) {
          if (index === 3 * before) ending = end(store, sessionId);
          if (index % 4 === 3) await new Promise((resolve) => setImmediate(resolve));
          const options = index % 2 === 0 ? {} : { idempotencyKey: content };
          appends.push(outcomeOf(store.appendMessage(sessionId, says(content), options)));
        }
        const outcomes = await Promise.all(appends);
        await ending;
        await store.close();
        expect(guarded.misuses).toEqual([]);
        expect(guarded.open.count).toBe(0);
        const again = open();
        if (await again.getSession(sessionId, { deleted: true })) await again.undeleteSession(sessionId);
        const kept = (await contentsOf(again, sessionId)).filter((content) => content !== "first");
        // Appends with a key wait for the keys, so that others may come before them.
        expect(kept.sort()).toEqual(contents.filter((__, index) => outcomes[index] === "kept").sort());
        const refusals = outcomes.filter((outcome) => outcome !== "kept");
        for (const code of refusals)
          expect(code).toMatch(/^(STORE_CLOSED|SESSION_(ARCHIVED|NOT_FOUND)|LOG_CLOSED)$/);
        await again.close();
      }
    },
  );
});

test("events that are recorded together are acknowledged and read in their order", async () => {
  for (let round = 0; round < 20; round += 1) {
    await using folder = await temporaryFolder();
    const { fs } = guardedFileSystem();
    const store = new JsonlStore({ fs, path: folder.path, durability: "disk", lockWaitMs: 0 });
    const { sessionId } = await store.createSession("k");
    const log = await store.openLog(sessionId);
    const seen: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { event } of log.read({ signal: stop.signal })) {
        seen.push(event.seq);
        if (seen.length === 8) stop.abort();
      }
    })();
    const acknowledged: number[] = [];
    const records: Promise<unknown>[] = [];
    for (let index = 0; index < 8; index += 1) {
      const event =
        index % 3 === 2 ? runEvents("r").chunk : { ...runEvents(`r${index}`).user, id: `u${index}` };
      const recorded = Promise.resolve(log.record([event]));
      records.push(recorded.then(([one]) => acknowledged.push(one?.event.seq ?? 0)));
      if (index % 2 === round % 2) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(records);
    await reading;
    expect(acknowledged).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await log.close();
    await store.close();
  }
});
