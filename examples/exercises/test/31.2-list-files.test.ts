import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type * as solution from "../solutions/31.2-list-files.ts";
import { load } from "./load.ts";

const { createListFiles } = await load<typeof solution>("31.2-list-files");
let workspace = "";
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "exercise-"));
  mkdirSync(join(workspace, "src"));
  writeFileSync(join(workspace, "src", "b.ts"), "");
  writeFileSync(join(workspace, "a.md"), "");
  symlinkSync(tmpdir(), join(workspace, "away"));
});
afterEach(() => rmSync(workspace, { recursive: true }));

function list(path?: string) {
  const tool = createListFiles(workspace);
  const { signal } = new AbortController();
  const context = { signal, sessionId: "s", runId: "r", callId: "c", onOutput: () => {} };
  return tool.execute(path === undefined ? {} : { path }, context as never);
}

test("lists the workspace and its folders", async () => {
  expect(await list()).toMatchObject({ success: true, output: "a.md\naway\nsrc/" });
  expect(await list("src")).toMatchObject({ success: true, output: "b.ts" });
});

test.each(["..", "/", "away"])("refuses %s, which is outside", async (path) => {
  expect(await list(path)).toMatchObject({ success: false, output: "" });
});
