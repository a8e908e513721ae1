import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  chmod,
  chown,
  link,
  lstat,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { bundleProgram } from "../../../../scripts/bundle-program.mjs";
import { replaceFile } from "../../src/files/replace-file.ts";
import { openToReplace } from "../../src/files/workspace-file.ts";
import { createBuiltinTools } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

const toolOf = (workspaceDir: string, name: string) =>
  createBuiltinTools(workspaceDir).find((tool) => tool.name === name);

const writing = {
  write_file: { file_path: "a.txt", content: "new" },
  edit_file: { file_path: "a.txt", old_text: "old", new_text: "new" },
} as const;

describe.each(["write_file", "edit_file"] as const)("%s", (name) => {
  test("keeps the file's mode", async () => {
    await using workspace = await temporaryDirectory({ "a.txt": "old" });
    await chmod(join(workspace.path, "a.txt"), 0o751);
    await callTool(toolOf(workspace.path, name), writing[name]);
    expect((await stat(join(workspace.path, "a.txt"))).mode & 0o7777).toBe(0o751);
    expect(await readFile(join(workspace.path, "a.txt"), "utf8")).toBe("new");
  });

  test.skipIf(process.getuid?.() !== 0)("keeps the file's owner", async () => {
    await using workspace = await temporaryDirectory({ "a.txt": "old" });
    await chown(join(workspace.path, "a.txt"), 1234, 5678);
    await callTool(toolOf(workspace.path, name), writing[name]);
    expect(await stat(join(workspace.path, "a.txt"))).toMatchObject({ uid: 1234, gid: 5678 });
  });

  test("keeps a link to the file a link", async () => {
    await using workspace = await temporaryDirectory({ "folder/real.txt": "old" });
    await symlink("folder/real.txt", join(workspace.path, "a.txt"));
    await callTool(toolOf(workspace.path, name), writing[name]);
    expect((await lstat(join(workspace.path, "a.txt"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(workspace.path, "folder/real.txt"), "utf8")).toBe("new");
  });

  test("keeps the file's other names", async () => {
    await using workspace = await temporaryDirectory({ "a.txt": "an old text" });
    await link(join(workspace.path, "a.txt"), join(workspace.path, "b.txt"));
    await callTool(toolOf(workspace.path, name), writing[name]);
    const [a, b] = await Promise.all(
      ["a.txt", "b.txt"].map((one) => readFile(join(workspace.path, one), "utf8")),
    );
    expect(b).toBe(a);
    expect(a).toContain("new");
    expect(await readdir(workspace.path)).toEqual(["a.txt", "b.txt"]);
  });
});

describe.each([
  ["added to", (path: string) => appendFile(path, "more")],
  ["replaced", async (path: string) => rename(await besideWith(path, "old"), path)],
  ["removed", (path: string) => rm(path)],
])("a file that another program has %s since it was opened", (_, change) => {
  test.each([1, 2])("is not replaced by an edit of the older text, with %i names", async (names) => {
    await using workspace = await temporaryDirectory({ "a.txt": "old" });
    const path = join(workspace.path, "a.txt");
    if (names === 2) await link(path, join(workspace.path, "b.txt"));
    const opened = await openToReplace({ dir: workspace.path }, "a.txt", { mayBeMissing: false });
    await change(path);
    const now = await readFile(path, "utf8").catch(() => undefined);
    const replaced = replaceFile(opened, Buffer.from("new"), { unlessChanged: true });
    await expect(replaced).rejects.toThrow("a.txt was changed by another program meanwhile.");
    await opened.close();
    expect(await readFile(path, "utf8").catch(() => undefined)).toBe(now);
    expect((await readdir(workspace.path)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

/** Writes a file beside another one, and returns its path. */
async function besideWith(path: string, text: string): Promise<string> {
  await writeFile(`${path}.new`, text);
  return `${path}.new`;
}

test("two edits of one file at the same time lose neither: one is refused", async () => {
  await using workspace = await temporaryDirectory({ "a.txt": "one\ntwo\n" });
  const tool = toolOf(workspace.path, "edit_file");
  const edits = await Promise.all(
    ["one", "two"].map((text) =>
      callTool(tool, { file_path: "a.txt", old_text: text, new_text: text.toUpperCase() }),
    ),
  );
  const text = await readFile(join(workspace.path, "a.txt"), "utf8");
  const done = edits.map(({ isError }) => !isError);
  expect(text).toBe(`${done[0] ? "ONE" : "one"}\n${done[1] ? "TWO" : "two"}\n`);
  expect(done).toContain(true);
});

test("a reader meets the old file or the new one, never a part", async () => {
  const [a, b] = ["a".repeat(300_000), "b".repeat(500_000)];
  await using workspace = await temporaryDirectory({ "a.txt": a });
  const tool = toolOf(workspace.path, "write_file");
  let isOver = false;
  const writes = (async () => {
    for (let round = 0; round < 40; round += 1)
      await callTool(tool, { file_path: "a.txt", content: round % 2 === 0 ? b : a });
    isOver = true;
  })();
  const seen = new Set<string>();
  while (!isOver) seen.add(await readFile(join(workspace.path, "a.txt"), "utf8"));
  await writes;
  expect([...seen].filter((text) => text !== a && text !== b)).toEqual([]);
});

describe("in a process of its own", () => {
  let program = "";
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeAll(async () => {
    folder = await temporaryDirectory();
    program = await bundleProgram(new URL("./child/call-tool-once.ts", import.meta.url), folder.path);
    return () => folder[Symbol.asyncDispose]();
  });

  /** Runs a tool where no file may grow beyond 64 KiB: writes then fail as on a full disk. */
  async function callOnFullDisk(workspaceDir: string, name: string, input: object): Promise<string> {
    const limited = 'trap "" XFSZ; ulimit -f 64 && exec "$@"';
    const argv = [process.execPath, program, workspaceDir, name, "once", JSON.stringify(input)];
    const child = spawn("bash", ["-c", limited, "bash", ...argv], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    await once(child, "close");
    return output;
  }

  const large = "X".repeat(100_000);
  test.each([
    ["write_file", { file_path: "a.txt", content: large }, "a.txt"],
    ["edit_file", { file_path: "a.txt", old_text: "important", new_text: large }, "a.txt"],
    ["remember", { note: "n".repeat(500) }, "MEMORY.md"],
  ])("%s on a full disk leaves the file as it was", async (name, input, path) => {
    const old = name === "remember" ? `${"important ".repeat(6550)}\n` : "important\n";
    await using workspace = await temporaryDirectory({ [path]: old });
    expect(await callOnFullDisk(workspace.path, name, input)).toMatch(/^failed There is no room on the disk/);
    expect(await readFile(join(workspace.path, path), "utf8")).toBe(old);
    expect(await readdir(workspace.path)).toEqual([path]);
  });

  test("a full disk leaves a file with two names as it was", async () => {
    const old = "important ".repeat(1000);
    await using workspace = await temporaryDirectory({ "a.txt": old });
    await link(join(workspace.path, "a.txt"), join(workspace.path, "b.txt"));
    await callOnFullDisk(workspace.path, "write_file", { file_path: "a.txt", content: large });
    expect(await readFile(join(workspace.path, "b.txt"), "utf8")).toBe(old);
  });

  test("a process that is killed while it writes leaves a whole file", async () => {
    await using workspace = await temporaryDirectory({ "a.txt": "a".repeat(500_000) });
    for (let round = 0; round < 12; round += 1) {
      const edits = [
        { file_path: "a.txt", old_text: "a", new_text: "b", replace_all: true },
        { file_path: "a.txt", old_text: "b", new_text: "a", replace_all: true },
      ];
      const argv = [workspace.path, "edit_file", "forever", ...edits.map((edit) => JSON.stringify(edit))];
      const child = spawn(process.execPath, [program, ...argv], { stdio: ["ignore", "pipe", "inherit"] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      for (let line = 0; line <= round % 3; line += 1) await lines.next();
      child.kill("SIGKILL");
      await once(child, "close");
      const text = await readFile(join(workspace.path, "a.txt"), "utf8");
      expect([text.length, new Set(text).size]).toEqual([500_000, 1]);
    }
  });
});
