import { findSandbox } from "@mini-openclaw/agent-runtime";
import { afterEach, expect, test, vi } from "vitest";
import { findBashSandbox } from "../src/agent/bash-sandbox.ts";
import { ConfigError } from "../src/settings/config.ts";

const { problem } = await findSandbox();
const dataDir = "/nowhere";

afterEach(() => vi.unstubAllEnvs());

test("off uses no sandbox and describes that", async () => {
  expect(await findBashSandbox({ sandbox: "off", dataDir })).toEqual({
    state: "off: bash has all rights of this user",
  });
});

test("auto uses none where none works, and gives the reason", async () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(await findBashSandbox({ sandbox: "auto", dataDir })).toEqual({
    state: "none: bash has all rights of this user (bubblewrap is not installed (bwrap is not there))",
  });
});

test("required refuses to start where none works", async () => {
  vi.stubEnv("PATH", "/nowhere");
  await expect(findBashSandbox({ sandbox: "required", dataDir })).rejects.toEqual(
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
    expect(await findBashSandbox({ sandbox: use, dataDir })).toEqual({
      sandbox: expect.objectContaining({ name: "bubblewrap" }),
      state: "bubblewrap: bash can only write to the workspace, and can use the network",
    });
  },
);
