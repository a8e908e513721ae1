import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { FileBlock, SessionEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { command } from "./command.ts";
import { openStore, runEvents } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const picture = Buffer.from("a picture of a dragon".repeat(1000));
const note = Buffer.from("a note");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Exports a session with a picture in a blob and a note in its line. */
async function exported(folder: string, { format = "markdown", blob = "", withFiles = true } = {}) {
  const store = join(folder, "store");
  const sessions = await openStore(store);
  const { sessionId } = await sessions.createSession("webchat");
  const log = await sessions.openLog(sessionId);
  const saved = String(await log.saveBlob?.(picture));
  const blocks: FileBlock[] = [
    { type: "image", mediaType: "image/png", name: "a [1].png", blob: blob || saved, bytes: picture.length },
    { type: "document", mediaType: "text/plain", data: note.toString("base64") },
  ];
  const { user, end } = runEvents();
  await log.record([{ ...user, blocks } as SessionEvent, end]);
  await sessions.close();
  const files = join(folder, "files");
  const args = ["export", sessionId, "--dir", store, "--format", format];
  return { ...(await command(...args, ...(withFiles ? ["--files", files] : []))), files };
}

const [pictureName, noteName] = [`${sha256(picture)}.png`, `${sha256(note)}.txt`];

test.each<[string, (files: string) => string]>([
  [
    "markdown",
    (files) =>
      `![a \\[1\\].png](<${join(files, pictureName)}>)\n\n[text/plain](<${join(files, noteName)}>)\n`,
  ],
  ["jsonl", () => `"blob":"${sha256(picture)}"`],
])("export as %s saves the files of messages under their hashes", async (format, expected) => {
  await using folder = await temporaryFolder();
  const { exitCode, out, files } = await exported(folder.path, { format });
  expect(exitCode).toBe(0);
  expect(readdirSync(files).sort()).toEqual([pictureName, noteName].sort());
  expect(readFileSync(join(files, pictureName))).toEqual(picture);
  expect(readFileSync(join(files, noteName))).toEqual(note);
  expect(out).toContain(expected(files));
});

test("export without a folder saves no files", async () => {
  await using folder = await temporaryFolder();
  const { exitCode, out, files } = await exported(folder.path, { withFiles: false });
  expect([exitCode, existsSync(files)]).toEqual([0, false]);
  expect(out).not.toContain("](<");
});

test.each(["../../evil", "0".repeat(64)])("export names a file that is missing: %s", async (blob) => {
  await using folder = await temporaryFolder();
  const { exitCode, err, files } = await exported(folder.path, { blob });
  expect(exitCode).toBe(1);
  expect(err).toContain(`The file ${blob} is missing or damaged.\n`);
  expect(readdirSync(files)).toEqual([`${sha256(note)}.txt`]);
  expect(readdirSync(folder.path).sort()).toEqual(["files", "store"]);
});

test("export writes through no link, and leaves nothing of a file that cannot be saved", async () => {
  await using folder = await temporaryFolder();
  const files = join(folder.path, "files");
  const other = join(folder.path, "other");
  mkdirSync(files);
  writeFileSync(other, "mine");
  symlinkSync(other, join(files, pictureName));
  expect((await exported(folder.path)).exitCode).toBe(0);
  expect(readFileSync(other, "utf8")).toBe("mine");
  expect(readFileSync(join(files, pictureName))).toEqual(picture);

  rmSync(join(files, noteName));
  mkdirSync(join(files, noteName));
  const { exitCode, err } = await exported(folder.path);
  expect([exitCode, readdirSync(files).length]).toEqual([1, 2]);
  expect(err).toContain(`Cannot save ${join(files, noteName)}: EISDIR`);
  expect(err).toContain("Give --files a folder that can be written. (WRITE_FAILED)");
});
