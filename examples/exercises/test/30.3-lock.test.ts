import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type * as solution from "../solutions/30.3-lock.ts";
import { load } from "./load.ts";

const { acquireLock } = await load<typeof solution>("30.3-lock");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exercise-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("is held by one, until it is released", () => {
  const path = join(folder, "s.lock");
  const lock = acquireLock(path);

  expect(readFileSync(path, "utf8")).toBe(String(process.pid));
  expect(() => acquireLock(path)).toThrow(String(process.pid));
  lock.release();
  expect(existsSync(path)).toBe(false);
  acquireLock(path).release();
});

test("replaces the lock of a process that is gone", async () => {
  const path = join(folder, "s.lock");
  const gone = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(gone, "exit");
  writeFileSync(path, String(gone.pid));

  acquireLock(path);

  expect(readFileSync(path, "utf8")).toBe(String(process.pid));
});
