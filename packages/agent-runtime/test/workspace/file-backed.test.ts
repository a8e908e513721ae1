import { statSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileBacked, textFile } from "../../src/workspace/file-backed.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** A clock on which every file changed long ago. */
const later = () => Date.now() + 10_000;

/** A value that is the text of files, and the number of its loads. */
function textsOf(paths: readonly string[], now?: () => number) {
  const counted = { loads: 0 };
  const read = (path: string) => readFile(path, "utf8").catch(() => "none");
  const load = async () => {
    counted.loads += 1;
    return { value: (await Promise.all(paths.map(read))).join(), paths };
  };
  return Object.assign(counted, { files: new FileBacked(load, now) });
}

/** Writes a file until its times differ: the clock of a disk has steps of milliseconds. */
async function rewrite(path: string, text: string): Promise<void> {
  const before = statSync(path).ctimeMs;
  while (statSync(path).ctimeMs === before) await writeFile(path, text);
}

describe("a value that is read from files", () => {
  test("is loaded twice at most while nothing changes", async () => {
    await using folder = await temporaryDirectory({ a: "A", b: "B" });
    const texts = textsOf([join(folder.path, "a"), join(folder.path, "b")], later);
    for (let count = 0; count < 5; count += 1) expect(await texts.files.get()).toBe("A,B");
    expect(texts.loads).toBe(2);
  });

  test.each([
    ["a file with as many bytes", "other", (path: string) => rewrite(path, "other")],
    ["a file that replaces it", "third", (path: string) => replace(path, "third")],
    ["no file", "none", (path: string) => rm(path)],
    ["a link", "linked", (path: string) => link(path, "linked")],
  ])("is loaded again after a change to %s", async (_name, expected, change) => {
    await using folder = await temporaryDirectory({ file: "first" });
    const path = join(folder.path, "file");
    const texts = textsOf([path], later);
    for (let count = 0; count < 3; count += 1) expect(await texts.files.get()).toBe("first");
    await change(path);
    for (let count = 0; count < 3; count += 1) expect(await texts.files.get()).toBe(expected);
    expect(texts.loads).toBe(3);
  });

  test("is loaded again when a missing file is created, or its folder replaced", async () => {
    await using folder = await temporaryDirectory();
    const inner = join(folder.path, "inner");
    const texts = textsOf([join(inner, "file")], later);
    for (let count = 0; count < 3; count += 1) expect(await texts.files.get()).toBe("none");
    await mkdir(inner);
    await writeFile(join(inner, "file"), "first");
    for (let count = 0; count < 3; count += 1) expect(await texts.files.get()).toBe("first");
    await rename(inner, join(folder.path, "old"));
    await mkdir(inner);
    await writeFile(join(inner, "file"), "other");
    expect(await texts.files.get()).toBe("other");
  });

  test("is loaded each time while a change is younger than the steps of a disk's clock", async () => {
    await using folder = await temporaryDirectory({ file: "new" });
    const { ctimeMs } = statSync(join(folder.path, "file"));
    let now = ctimeMs;
    const texts = textsOf([join(folder.path, "file")], () => now);
    for (let count = 0; count < 4; count += 1) await texts.files.get();
    expect(texts.loads).toBe(4);
    now = ctimeMs + 2001;
    for (let count = 0; count < 4; count += 1) await texts.files.get();
    expect(texts.loads).toBe(5);
  });

  test("is not remembered when a file changes during its load", async () => {
    await using folder = await temporaryDirectory({ file: "old" });
    const path = join(folder.path, "file");
    let next: string | undefined = "second";
    const files = new FileBacked(async () => {
      const value = await readFile(path, "utf8");
      if (next !== undefined) await rewrite(path, next);
      next = undefined;
      return { value, paths: [path] };
    }, later);
    expect(await files.get()).toBe("old");
    for (let count = 0; count < 3; count += 1) expect(await files.get()).toBe("second");
    await rewrite(path, "third");
    next = "fourth";
    expect(await files.get()).toBe("third");
    expect(await files.get()).toBe("fourth");
  });

  test("rejects as its load does, and loads again", async () => {
    await using folder = await temporaryDirectory({ file: "text" });
    let failure: Error | undefined = new Error("not now");
    const files = new FileBacked(async () => {
      if (failure) throw failure;
      return { value: "text", paths: [join(folder.path, "file")] };
    }, later);
    await expect(files.get()).rejects.toThrow("not now");
    failure = undefined;
    expect(await files.get()).toBe("text");
  });
});

describe("a text file", () => {
  test("that becomes a link out of its folder is not read, however often it was read before", async () => {
    await using outside = await temporaryDirectory({ secret: "a key" });
    await using folder = await temporaryDirectory({ "notes.md": "notes" });
    const path = join(folder.path, "notes.md");
    const file = textFile({ dir: folder.path }, "notes.md", later);
    for (let count = 0; count < 3; count += 1) expect(await file.get()).toBe("notes");
    await rm(path);
    await symlink(join(outside.path, "secret"), path);
    for (let count = 0; count < 3; count += 1) await expect(file.get()).rejects.toThrow(/outside/);
  });

  test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "that can no longer be read rejects, and is read when it can be read again",
    async () => {
      await using folder = await temporaryDirectory({ "notes.md": "notes" });
      const path = join(folder.path, "notes.md");
      const file = textFile({ dir: folder.path }, "notes.md", later);
      for (let count = 0; count < 3; count += 1) expect(await file.get()).toBe("notes");
      await chmod(path, 0);
      await expect(file.get()).rejects.toThrow(/EACCES|cannot|denied/i);
      await chmod(path, 0o600);
      expect(await file.get()).toBe("notes");
    },
  );
});

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

async function link(path: string, text: string): Promise<void> {
  await writeFile(`${path}.target`, text);
  await rm(path);
  await symlink(`${path}.target`, path);
}
