import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBuiltinTools } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

const nfc = "ガイド.txt".normalize("NFC");
const nfd = "ガイド.txt".normalize("NFD");
const toolOf = (workspaceDir: string, name: string) =>
  createBuiltinTools(workspaceDir).find((tool) => tool.name === name);

test.each([
  ["NFC for NFD", nfc, nfd],
  ["NFD for NFC", nfd, nfc],
  ["a plain blank for a narrow one", "Shot at 9.41 AM.txt", "Shot at 9.41\u202fAM.txt"],
  ["a plain blank for one that does not break", "a b.txt", "a\u00a0b.txt"],
  ["in the names of folders too", `é f/${nfc}`.normalize("NFC"), `e\u0301\u00a0f/${nfd}`],
])("a file is found by a name that looks alike: %s", async (_, given, onDisk) => {
  await using workspace = await temporaryDirectory({ [onDisk]: "found" });
  const read = await callTool(toolOf(workspace.path, "read_file"), { file_path: given });
  expect(read.output).toBe("     1\tfound\n");
  const input = { file_path: given, old_text: "found", new_text: "edited" };
  expect((await callTool(toolOf(workspace.path, "edit_file"), input)).isError).toBe(false);
  await callTool(toolOf(workspace.path, "write_file"), { file_path: given, content: "written" });
  expect(await readFile(join(workspace.path, onDisk), "utf8")).toBe("written");
  expect(await readdir(workspace.path)).toHaveLength(1);
});

test("the exact name goes first", async () => {
  await using workspace = await temporaryDirectory({ [nfd]: "other", [nfc]: "exact" });
  const { output } = await callTool(toolOf(workspace.path, "read_file"), { file_path: nfc });
  expect(output).toBe("     1\texact\n");
});

test("several names that look alike are named", async () => {
  await using workspace = await temporaryDirectory({ "a\u00a0b": "1", "a\u2009b": "2" });
  const { output } = await callTool(toolOf(workspace.path, "read_file"), { file_path: "a b" });
  expect(output).toMatch(/^The tool failed: There is no file a b\. Several names look like it: /);
});

test("a new file is made under the name that was given", async () => {
  await using workspace = await temporaryDirectory();
  await callTool(toolOf(workspace.path, "write_file"), { file_path: "你好 b.txt", content: "x" });
  expect(await readdir(workspace.path)).toEqual(["你好 b.txt"]);
});
