import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const namesIn = (name: string) => readdirSync(folder(name)).map((file) => file.replace(/\.ts$/, ""));

test("each exercise has a task, a solution and a test", () => {
  const tests = namesIn(".").flatMap((name) => (/^\d/.test(name) ? [name.replace(/\.test$/, "")] : []));

  expect(namesIn("../tasks")).toEqual(tests);
  expect(namesIn("../solutions")).toEqual(tests);
});

test.skipIf(process.env["EXERCISE"])("each task is red before it is done", async () => {
  const vitest = fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json")));
  const { FORCE_COLOR: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, "run", "--project", "examples/exercises", "--reporter", "json", "examples/exercises/test/"],
    { cwd: folder("../../.."), env: { ...env, EXERCISE: "1", NO_COLOR: "1" }, maxBuffer: 10_000_000 },
  ).catch((failed: { stdout: string }) => failed);
  const report = JSON.parse(stdout.slice(stdout.indexOf('{"'))) as {
    testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
  };

  const green = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.some(({ status }) => status === "failed") ? [] : [name.replace(/.*\//, "")],
  );
  expect(report.testResults).toHaveLength(namesIn("../tasks").length + 1);
  expect(green).toEqual(["all-tasks.test.ts"]);
});
