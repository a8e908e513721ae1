import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { bundleProgram } from "../../../scripts/bundle-program.mjs";
import { run } from "../src/cli/run.ts";
import { writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

// A device on which every write fails as on a full disk.
test.runIf(existsSync("/dev/full"))(
  "a full disk is named, and hints that nobody gets are no failure",
  async () => {
    await using folder = await temporaryFolder();
    const program = await bundleProgram(new URL("../src/cli/main.ts", import.meta.url), folder.path);
    const full = openSync("/dev/full", "w");
    const run = (...stdio: (number | "pipe")[]) =>
      spawnSync(process.execPath, [program, "verify", "--dir", folder.path], {
        stdio: ["ignore", ...stdio],
        encoding: "utf8",
      });
    const help = spawnSync(process.execPath, [program, "--help"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    expect(help).toMatchObject({ status: 1, stderr: expect.stringContaining("ENOSPC") });
    expect(help.stderr).toMatch(/^session-store: The output cannot be written: /);
    expect(run("pipe", full).status).toBe(0);
    closeSync(full);
  },
);

// Windows has no signals.
test.skipIf(process.platform === "win32")("a command that works ends when the user stops it", async () => {
  await using folder = await temporaryFolder();
  const program = await bundleProgram(new URL("../src/cli/main.ts", import.meta.url), folder.path);
  const copying = join(folder.path, "node_modules/@mini-openclaw/postgres");
  mkdirSync(copying, { recursive: true });
  writeFileSync(join(copying, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  writeFileSync(
    join(copying, "index.js"),
    "export const copySessions = () => new Promise(() => setInterval(() => console.log('copying'), 10));",
  );
  const child = spawn(process.execPath, [program, "copy", "to", "postgres://app", "--dir", "."], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([130, null]);
});

test("a search that the user stops is no failure", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one"]);
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  const terminal = { out: print, err: print, isInteractive: false, hasColor: false };
  expect(await run(["search", "one", "--dir", folder.path], terminal, AbortSignal.abort())).toBe(130);
  expect(printed).toEqual([]);
});
