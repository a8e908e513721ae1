import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { earlyFlags } from "../src/compile-early.ts";

const run = promisify(execFile);

test("This version of Node knows the flags that let code be compiled early.", async () => {
  const { stdout } = await run(process.execPath, ["--v8-options"]);
  for (const flag of earlyFlags(process.versions.node)) expect(stdout).toContain(`  ${flag.split("=")[0]} (`);
});

test("Each line of Node has two flags.", () => {
  const lines = ["20.19.0", "22.23.3", "24.21.0", "26.10.0"];
  for (const line of lines) expect(earlyFlags(line)).toHaveLength(2);
  expect(new Set(lines.map((line) => earlyFlags(line)[1])).size).toBe(3);
});
