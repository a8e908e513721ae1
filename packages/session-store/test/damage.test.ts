import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contentsOf, linesOf, openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sessionId = "damaged";

/** Reads, appends and reads again, with these bytes at the end of a good transcript. */
async function withTail(tail: string | Uint8Array) {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, sessionId, ["one", "two"]);
  appendFileSync(path, tail);
  const before = readFileSync(path);
  await using store = await openStore(folder.path);
  const read = await contentsOf(store, sessionId);
  expect(readFileSync(path).equals(before)).toBe(true);
  const { seq } = await store.appendMessage(sessionId, says("next"));
  const after = await contentsOf(store, sessionId);
  return { read, seq, after, setAside: readdirSync(folder.path).includes("damaged") };
}

describe("the end of a transcript", () => {
  const line = JSON.stringify({ seq: 3, id: "id-3", ...says("three") });
  test.each<[string, string | Uint8Array, string[], boolean]>([
    ["is torn", line.slice(0, 40), ["one", "two"], true],
    ["is torn within a character", Buffer.from('{"seq":3,"id":"é').subarray(0, -1), ["one", "two"], true],
    ["lacks its line feed", line, ["one", "two", "three"], false],
    ["is zeros that a power failure left", "\0\0\0\0", ["one", "two"], true],
    ["is a half line and a whole one", `${line.slice(0, 20)}\n${line}\n`, ["one", "two", "three"], false],
    ["is a line twice", `${line}\n${line}\n`, ["one", "two", "three"], false],
    ["is blank lines", "\n\r\n  \n", ["one", "two"], false],
    ["has carriage returns", `${line}\r\n`, ["one", "two", "three"], false],
    ["has zeros before a line", `\0\0\0${line}\n`, ["one", "two", "three"], false],
    ["is of a type that is not known yet", '{"type":"later","seq":3}\n', ["one", "two"], false],
    [
      "is an unfinished group",
      `${JSON.stringify({ ...JSON.parse(line), groupRest: 1 })}\n`,
      ["one", "two"],
      true,
    ],
  ])(
    "%s: the lines before it are read, and the next append has a line of its own",
    async (_, tail, contents, cut) => {
      const { read, seq, after, setAside } = await withTail(tail);
      expect(read).toEqual(contents);
      expect(after).toEqual([...contents, "next"]);
      expect(seq).toBeGreaterThan(contents.length);
      expect(setAside).toBe(cut);
    },
  );
});

describe("a torn last line", () => {
  const shapes: Record<string, string> = {
    ascii: "hello world",
    "four bytes a character": "👋🏽🌍",
    escapes: 'a"b\\c\n\u0000\u2028',
    empty: "",
    long: "x".repeat(5_000),
  };
  test.each(Object.entries(shapes))("keeps the lines before it, at every byte: %s", async (_, content) => {
    await using folder = await temporaryFolder();
    const path = writeTranscript(folder.path, sessionId, ["one", "two", content]);
    const bytes = readFileSync(path);
    const start = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    // Every byte near both ends; the middle of a long line in steps.
    const step = (offset: number) => (offset - start < 300 || bytes.length - offset < 100 ? 1 : 97);
    for (let offset = start; offset < bytes.length; offset += step(offset)) {
      const id = `torn-${offset}`;
      writeFileSync(transcriptPath(folder.path, id), bytes.subarray(0, offset));
      await using store = await openStore(folder.path);
      const isWhole = offset === bytes.length - 1;
      const kept = isWhole ? ["one", "two", content] : ["one", "two"];
      expect(await contentsOf(store, id)).toEqual(kept);
      await store.appendMessage(id, says("next"));
      expect(await contentsOf(store, id)).toEqual([...kept, "next"]);
      for (const line of readFileSync(transcriptPath(folder.path, id), "utf8").trim().split("\n"))
        JSON.parse(line);
    }
  });
});

test("loses only its line to a flipped byte, without an error or a rewrite", async () => {
  await using folder = await temporaryFolder();
  const contents = Array.from({ length: 20 }, (_, index) => `message ${index} – ü`);
  const good = readFileSync(writeTranscript(folder.path, "good", contents));
  await using store = await openStore(folder.path);
  const path = transcriptPath(folder.path, sessionId);
  let fewest = 20;
  for (let offset = 0; offset < good.length; offset += 1) {
    const bytes = Buffer.from(good);
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << (offset % 8));
    writeFileSync(path, bytes);
    const read = await contentsOf(store, sessionId);
    const entries: string[] = [];
    for await (const entry of store.entries(sessionId)) if ("role" in entry) entries.push(entry.content);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const untouched = contents.filter((content) => read.includes(content) && entries.includes(content));
    fewest = Math.min(fewest, untouched.length);
  }
  expect(fewest).toBe(18);
}, 60_000);

test("loses the key to a damaged header, and no message", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, sessionId, ["one"]);
  writeFileSync(path, readFileSync(path, "utf8").replace('"type"', '"tpye"'));
  await using store = await openStore(folder.path);
  expect(await store.getSession(sessionId)).toMatchObject({ key: "unknown", title: "one", messageCount: 1 });
  expect((await store.appendMessage(sessionId, says("two"))).seq).toBe(2);
  expect(await contentsOf(store, sessionId)).toEqual(["one", "two"]);
});

test("ignores a byte order mark", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, sessionId, ["one"]);
  writeFileSync(path, `\uFEFF${readFileSync(path, "utf8")}`);
  await using store = await openStore(folder.path);
  expect((await store.getSession(sessionId))?.key).toBe("webchat");
  expect(await contentsOf(store, sessionId)).toEqual(["one"]);
});

test("assigns no number of a damaged line again", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, sessionId, ["one"]);
  appendFileSync(path, '{"seq":40,"id":"x","role":"user","content":\u0001\n');
  await using store = await openStore(folder.path);
  expect((await store.appendMessage(sessionId, says("next"))).seq).toBe(41);
});

test("neither reads nor writes a file of a newer format version", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, sessionId, ["one"]);
  writeFileSync(path, readFileSync(path, "utf8").replace('"v":1', '"v":2'));
  await using store = await openStore(folder.path);
  const refused = { code: "UNSUPPORTED_VERSION" };
  await expect(store.loadMessages(sessionId)).rejects.toMatchObject(refused);
  await expect(store.appendMessage(sessionId, says("two"))).rejects.toMatchObject(refused);
  await expect(store.getSession(sessionId)).rejects.toMatchObject(refused);
  expect(await store.listSessions()).toEqual({ sessions: [] });
  expect(linesOf(path).length).toBe(2);
});

test.each([
  ["a directory", (path: string) => mkdirSync(path)],
  ["a link", (path: string) => symlinkSync("/etc/hostname", path)],
  ["a pipe", (path: string) => execFileSync("sh", ["-c", 'mkfifo "$0"', path])],
])("%s where a transcript should be is refused", async (_, plant) => {
  await using folder = await temporaryFolder();
  plant(transcriptPath(folder.path, sessionId));
  await using store = await openStore(folder.path);
  await expect(store.loadMessages(sessionId)).rejects.toMatchObject({ code: "NOT_A_FILE" });
  await expect(store.appendMessage(sessionId, says("x"))).rejects.toMatchObject({ code: "NOT_A_FILE" });
  expect(await store.listSessions()).toEqual({ sessions: [] });
});
