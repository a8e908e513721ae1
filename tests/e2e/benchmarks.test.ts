import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../benchmarks");
const programs = readdirSync(folder).filter((name) => {
  return name.endsWith(".mjs") && name !== "run-all.mjs" && name !== "naive-gateway.mjs";
});

test.each(programs)("the benchmark %s works", async (name) => {
  const env = { ...process.env, BENCH_SMOKE: "1", BENCH_OLD: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name)], { env });
  expect(stdout).toMatch(/^Goal: /m);
  expect(stdout).toMatch(/^(?:ours|example server)/m);
  expect(readFileSync(join(folder, "run-all.mjs"), "utf8")).toContain(`"${name}"`);
});

const postgres = join(folder, "postgres");
const questions = [...readFileSync(join(postgres, "run.mjs"), "utf8").matchAll(/"([\w-]+\.mjs)"/g)];

test.each(questions.map(([, name = ""]) => name))("the benchmark postgres/%s works", async (name) => {
  const env = { ...process.env, BENCH_SMOKE: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [join(postgres, name)], { env });
  expect(stdout).toMatch(/^Goal: |^No PostgreSQL is installed/m);
});
