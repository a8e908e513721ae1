import { AgentError } from "@mini-openclaw/agent-runtime";
import { GatewayError } from "@mini-openclaw/gateway";
import { lockFolder } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { describeFailure } from "../src/log/report.ts";

test.each([
  [
    new AgentError("MODEL_UNAUTHORIZED", "The model's server refused the key."),
    "The model's server refused the key. Check ANTHROPIC_API_KEY, or OPENAI_API_KEY for a server with OpenAI's API.",
  ],
  [
    new AgentError("MODEL_REJECTED", "404\nno such model"),
    "404 no such model. Check MINI_OPENCLAW_MODEL and the address of the server (ANTHROPIC_BASE_URL or OPENAI_BASE_URL).",
  ],
  [
    new AgentError("MODEL_REJECTED", "The model's server answered 402: no credit", {
      cause: Object.assign(new Error("no credit"), { status: 402 }),
    }),
    "The model's server answered 402: no credit. Check the credit of your account at the model's server.",
  ],
  [
    new GatewayError("STORE_FAILED", "The session could not be written.", {
      cause: new Error("ENOSPC: no space"),
    }),
    "The session could not be written (ENOSPC: no space).",
  ],
  [
    new AgentError("MODEL_UNREACHABLE", "The connection to the model's server failed.", {
      cause: new Error("Connection error.", {
        cause: new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") }),
      }),
    }),
    "The connection to the model's server failed (connect ECONNREFUSED 127.0.0.1:9). Check the address of the server (ANTHROPIC_BASE_URL or OPENAI_BASE_URL), the network, and HTTPS_PROXY.",
  ],
  [
    new GatewayError("PORT_UNAVAILABLE", "Port 3210 on nosuch.invalid: not found.", {
      cause: Object.assign(new Error("not found"), { code: "ENOTFOUND" }),
    }),
    "Port 3210 on nosuch.invalid: not found. Set MINI_OPENCLAW_HOST to an address of this machine.",
  ],
])("describes a failure with a code in one line, with its cause and a remedy", (error, line) => {
  expect(describeFailure(error)).toBe(line);
});

test.each(["/proc/none", "/proc/self/task"])("names the reason once for a lock in %s", (folder) => {
  const lock = () => {
    try {
      return lockFolder(folder);
    } catch (error) {
      return describeFailure(error);
    }
  };

  expect(lock()).toMatch(
    /^Cannot [^:]+: ENOENT: no such file or directory\. Check the disk and MINI_OPENCLAW_DATA_DIR, [^:]+\.$/,
  );
});

test("returns the whole error of a bug, with its stack", () => {
  const bug = new TypeError("undefined is not a function");

  expect(describeFailure(bug)).toBe(bug);
});
