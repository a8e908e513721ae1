import { readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openBeneath } from "../../src/files/open-beneath.ts";
import { openByRealpath } from "../../src/files/open-by-realpath.ts";
import { replaceFile } from "../../src/files/replace-file.ts";
import { type Opening, openFile, openToReplace } from "../../src/files/workspace-file.ts";
import { makeFifo } from "../make-fifo.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

async function write(root: string, path: string, text: string, opening: Opening, mayBeMissing = true) {
  const opened = await openToReplace({ dir: root }, path, { ...opening, mayBeMissing });
  try {
    await replaceFile(opened, Buffer.from(text));
  } finally {
    await opened.close();
  }
}

describe.each([
  ["by descriptor", openBeneath],
  ["by real path", openByRealpath],
])("opening %s", (_, open) => {
  test("opens a file and makes its folders", async () => {
    await using workspace = await temporaryDirectory();
    await write(workspace.path, "a/b/c.txt", "hi", { open });
    expect(await readFile(join(workspace.path, "a/b/c.txt"), "utf8")).toBe("hi");
  });

  test.each([
    ["a path upwards", "../x"],
    ["a link to a file outside", "file"],
    ["a link to a folder outside", "folder/secret.txt"],
    ["a FIFO", "fifo"],
    ["a device", "null"],
  ])("refuses %s", async (_name, path) => {
    await using outside = await temporaryDirectory({ "secret.txt": "secret" });
    await using workspace = await temporaryDirectory();
    await symlink(join(outside.path, "secret.txt"), join(workspace.path, "file"));
    await symlink(outside.path, join(workspace.path, "folder"));
    await symlink("/dev/null", join(workspace.path, "null"));
    makeFifo(join(workspace.path, "fifo"));
    await expect(openFile({ dir: workspace.path }, path, { open })).rejects.toThrow(
      /outside the workspace|not a regular file/,
    );
  });

  test("refuses to write what is protected, also through a link", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/SOUL.md": "Be kind." });
    await symlink(".openclaw", join(workspace.path, "folder"));
    await expect(write(workspace.path, "folder/SOUL.md", "", { open }, false)).rejects.toThrow(
      /is protected/,
    );
  });

  test.each([".git/hooks/pre-commit", "a/../.openclaw/skills/a/SKILL.md"])(
    "makes no folder for what it refuses to write: %s",
    async (path) => {
      await using workspace = await temporaryDirectory({ "a/b": "" });
      const asked: string[] = [];
      const approve = async (reason: string) => {
        asked.push(reason);
        throw new Error("no");
      };
      await expect(write(workspace.path, path, "", { open, approve })).rejects.toThrow("no");
      expect(asked).toHaveLength(1);
      expect(await readdir(workspace.path)).toEqual(["a"]);
    },
  );

  test("asks once for a protected file in folders that are not there yet", async () => {
    await using workspace = await temporaryDirectory();
    const asked: string[] = [];
    const approve = async (reason: string) => void asked.push(reason);
    await write(workspace.path, ".git/hooks/pre-commit", "", { open, approve });
    expect(asked).toEqual([expect.stringContaining(".git/hooks/pre-commit")]);
  });

  test.each(["folder", "file.txt"])(
    "writes nothing outside when %s is swapped for a link on the way",
    async (swapped) => {
      await using outside = await temporaryDirectory({ "file.txt": "theirs" });
      await using workspace = await temporaryDirectory({ "folder/file.txt": "ours" });
      const beforeStep = async (name: string) => {
        if (name !== "file.txt") return;
        const target = swapped === "folder" ? "folder" : "folder/file.txt";
        await rename(join(workspace.path, target), join(workspace.path, "aside"));
        await symlink(
          join(outside.path, swapped === "folder" ? "." : "file.txt"),
          join(workspace.path, target),
        );
      };
      await write(workspace.path, "folder/file.txt", "hi", { open, beforeStep }).catch(() => {});
      expect(await readdir(outside.path)).toEqual(["file.txt"]);
      expect(await readFile(join(outside.path, "file.txt"), "utf8")).toBe("theirs");
      await rm(join(workspace.path, "aside"), { recursive: true });
    },
  );

  test("asks with the real path, without characters that hide something", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/skills/a\u202eb\nc/x": "" });
    await symlink(".openclaw/skills", join(workspace.path, "notes"));
    const asked: string[] = [];
    const approve = async (reason: string) => void asked.push(reason);
    await write(workspace.path, "notes/a\u202eb\nc/x", "", { open, approve });
    expect(asked).toEqual([expect.stringContaining(".openclaw/skills/a\\u202eb\\u000ac/x, which")]);
  });
});
