import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { bundleProgram } from "../../../scripts/bundle-program.mjs";
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
