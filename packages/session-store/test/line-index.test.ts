import { appendFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { transcriptPath } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const COUNT = 8_000;
const text = "lorem ipsum dolor ".repeat(30);

const lineOf = (seq: number, more: object = {}) =>
  `${JSON.stringify({ seq, id: `id-${seq}`, role: seq % 2 ? "user" : "assistant", content: text, timestamp: seq, ...more })}\n`;

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A store, and the bytes that it reads. */
function countingStore(path: string) {
  let bytes = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    async read(fd, buffer, position) {
      const count = await nodeFileSystem.read(fd, buffer, position);
      bytes += count;
      return count;
    },
  };
  const store = new JsonlStore({ fs, path, durability: "os", lockWaitMs: 0 });
  return {
    store,
    bytesOf: async (read: () => Promise<unknown>) => {
      bytes = 0;
      await read();
      return bytes;
    },
  };
}

const seqsOf = (entries: readonly { seq: number }[]) => entries.map(({ seq }) => seq);

test("a page reads about its own bytes, wherever it is", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(
    transcriptPath(folder.path, "s"),
    range(1, COUNT + 1)
      .map((seq) => lineOf(seq))
      .join(""),
  );
  const { store, bytesOf } = countingStore(folder.path);
  const page = async (before: number) => seqsOf(await store.loadMessages("s", { limit: 50, before }));
  await page(60);
  for (const before of [60, 2, COUNT / 2, COUNT - 1_000, COUNT - 10, COUNT + 5]) {
    const top = Math.min(before, COUNT + 1);
    const expected = range(Math.max(1, top - 50), top);
    // The end of the file, and two or three blocks.
    const most = 200_000;
    expect(await bytesOf(async () => expect(await page(before)).toEqual(expected))).toBeLessThan(most);
  }
  const first = async () => {
    for await (const { seq } of store.entries("s", { after: 4_000 })) {
      expect(seq).toBe(4_001);
      break;
    }
  };
  expect(await bytesOf(first)).toBeLessThan(200_000);
  await store.close();
});

test("a page is right in a file that grew, whose numbers have no order, or whose groups are cut by a block", async () => {
  await using folder = await temporaryFolder();
  const path = transcriptPath(folder.path, "s");
  // Swapped pairs, as a careless tool may write them.
  const swapped = range(1, COUNT + 1).map((seq) => (seq % 2 ? seq + 1 : seq - 1));
  const lines = swapped.map((seq) => lineOf(seq, seq % 7 ? {} : { groupRest: 1 }));
  writeFileSync(path, lines.join(""));
  const { store } = countingStore(folder.path);
  const page = async (before: number) =>
    seqsOf(await store.loadMessages("s", { limit: 6, before })).sort((a, b) => a - b);
  for (const before of [7, 101, 3_001]) expect(await page(before)).toEqual(range(before - 6, before));
  appendFileSync(
    path,
    range(COUNT + 1, 2 * COUNT + 1)
      .map((seq) => lineOf(seq))
      .join(""),
  );
  for (const before of [7, 3_001, COUNT + 101]) expect(await page(before)).toEqual(range(before - 6, before));
  writeFileSync(
    path,
    range(1, 5_001)
      .map((seq) => lineOf(seq))
      .join(""),
  );
  expect(await page(100)).toEqual(range(94, 100));
  await store.close();
});

test("a page of a large file in the legacy format is counted from the start", async () => {
  await using folder = await temporaryFolder();
  const line = (seq: number) =>
    `${JSON.stringify({ role: "user", content: `${seq} ${text}`, timestamp: seq })}\n`;
  writeFileSync(transcriptPath(folder.path, "s"), range(1, 4_001).map(line).join(""));
  const { store } = countingStore(folder.path);
  const [message] = await store.loadMessages("s", { limit: 1, before: 11 });
  expect(message).toMatchObject({ seq: 10, content: expect.stringMatching(/^10 /) });
  await store.close();
});

test("a page is right after another program wrote longer lines into the same file", async () => {
  await using folder = await temporaryFolder();
  const path = transcriptPath(folder.path, "s");
  const write = (rest: string) =>
    writeFileSync(
      path,
      range(1, 4_001)
        .map((seq) => lineOf(seq).replace(text, text + rest))
        .join(""),
    );
  write("");
  const { store } = countingStore(folder.path);
  const page = async () => seqsOf(await store.loadMessages("s", { limit: 5, before: 100 }));
  expect(await page()).toEqual(range(95, 100));
  write(" and much more of it".repeat(40));
  expect(await page()).toEqual(range(95, 100));
  await store.close();
});
