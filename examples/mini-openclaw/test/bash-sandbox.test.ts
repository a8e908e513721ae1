import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSandbox } from "@mini-openclaw/agent-runtime";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { findBashSandbox } from "../src/agent/bash-sandbox.ts";
import { ConfigError } from "../src/settings/config.ts";

const { problem } = await findSandbox();
const dataDir = "/nowhere";
const hidden: string[] = [];

afterEach(() => vi.unstubAllEnvs());

test("off uses no sandbox and describes that", async () => {
  expect(await findBashSandbox({ sandbox: "off", dataDir, hidden })).toEqual({
    state: "off: bash has all rights of this user",
  });
});

test("auto uses none where none works, and gives the reason", async () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(await findBashSandbox({ sandbox: "auto", dataDir, hidden })).toEqual({
    state: "none: bash has all rights of this user (bubblewrap is not installed (bwrap is not there))",
  });
});

test("required refuses to start where none works", async () => {
  vi.stubEnv("PATH", "/nowhere");
  await expect(findBashSandbox({ sandbox: "required", dataDir, hidden })).rejects.toEqual(
    new ConfigError([
      {
        name: "MINI_OPENCLAW_SANDBOX",
        message: 'is "required", but no sandbox works: bubblewrap is not installed (bwrap is not there).',
      },
    ]),
  );
});

test.skipIf(problem).each(["auto", "required"] as const)(
  `%s uses the one that is there${problem ? ` (skipped: ${problem})` : ""}`,
  async (use) => {
    expect(await findBashSandbox({ sandbox: use, dataDir, hidden })).toEqual({
      sandbox: expect.objectContaining({ name: "bubblewrap" }),
      state: "bubblewrap: bash can only write to the workspace, and can use the network",
    });
  },
);

test.skipIf(problem)(
  `commands cannot read a folder of the workspace that the settings hide${problem ? ` (skipped: ${problem})` : ""}`,
  async () => {
    const workspace = mkdtempSync(join(tmpdir(), "hidden-"));
    onTestFinished(() => rmSync(workspace, { recursive: true }));
    mkdirSync(join(workspace, "private"));
    writeFileSync(join(workspace, "private", "key"), "very secret");
    const all = { sandbox: "required", dataDir, hidden: [join(workspace, "private")] } as const;
    const { sandbox } = await findBashSandbox(all);
    const argv = ["sh", "-c", "cat private/key; echo end"];
    const [program = "", ...args] = (await sandbox?.wrap(argv, workspace)) ?? [];
    const { stdout, stderr } = spawnSync(program, args, { cwd: workspace, encoding: "utf8" });

    expect(stdout).toBe("end\n");
    expect(stderr).toContain("private/key");
  },
);
