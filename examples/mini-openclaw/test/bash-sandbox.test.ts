import { findSandbox } from "@mini-openclaw/agent-runtime";
import { afterEach, expect, test, vi } from "vitest";
import { findBashSandbox } from "../src/bash-sandbox.ts";
import { ConfigError } from "../src/config.ts";

const { problem } = await findSandbox();
const dataDir = "/nowhere";

afterEach(() => vi.unstubAllEnvs());

test("off looks for none, and says what that means", async () => {
  expect(await findBashSandbox({ sandbox: "off", dataDir })).toEqual({
    state: "off: bash is as free as this user",
  });
});

test("auto does without where there is none, and says why", async () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(await findBashSandbox({ sandbox: "auto", dataDir })).toEqual({
    state: "none: bash is as free as this user (bubblewrap is not installed (bwrap is not there))",
  });
});

test("required refuses to start where there is none", async () => {
  vi.stubEnv("PATH", "/nowhere");
  await expect(findBashSandbox({ sandbox: "required", dataDir })).rejects.toEqual(
    new ConfigError([
      {
        name: "MINI_OPENCLAW_SANDBOX",
        message: 'is "required", but there is no sandbox: bubblewrap is not installed (bwrap is not there)',
      },
    ]),
  );
});

test.skipIf(problem).each(["auto", "required"] as const)(
  `%s uses the one that is there${problem ? ` (skipped: ${problem})` : ""}`,
  async (use) => {
    expect(await findBashSandbox({ sandbox: use, dataDir })).toEqual({
      sandbox: expect.objectContaining({ name: "bubblewrap" }),
      state: "bubblewrap: bash writes in the workspace only; the network is open",
    });
  },
);
