import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AgentRuntime } from "../../src/index.ts";
import type { McpServers } from "../../src/mcp.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { callTool } from "../tools/call-tool.ts";
import { connected } from "./connected.ts";

const rawServer = fileURLToPath(new URL("./raw-server.mjs", import.meta.url));
const raw = (faults = "", more: Record<string, unknown> = {}) => ({
  command: process.execPath,
  args: [rawServer, faults],
  env: {},
  trust: true,
  ...more,
});
const names = (servers: McpServers) => servers.tools().map(({ name }) => name);

afterEach(() => void vi.unstubAllEnvs());

describe("a server over stdio", () => {
  test("gives its tools, each judged by itself, under names that models' servers allow", async () => {
    await using here = await connected({ raw: raw("noise") });
    expect(names(here.servers)).toEqual([
      ...["raw__echo", "raw__die", "raw__large", "raw__image", "raw__slow", "raw__mixed", "raw__fails"],
      ...["raw__with_slash_and_dot", "raw__one-of", "raw__bad-pattern", "raw__no-description"],
      expect.stringMatching(/^raw__x{50}_[0-9a-f]{8}$/),
    ]);
    const [status] = here.servers.status();
    expect(status).toMatchObject({ name: "raw", state: "connected", tools: 12 });
    expect(status?.faults).toEqual([
      "The tool no-schema was left out: its `inputSchema` is not an object.",
      "The tool task was left out: it runs as a task only.",
    ]);
  });

  test("gets the environment of its config and no key of ours", async () => {
    vi.stubEnv("SECRET_KEY", "sk-secret");
    await using here = await connected({ raw: raw("", { env: { OWN: "own" } }) });
    expect((await here.call("raw__echo", { text: "hi" })).output).toBe("hi own -");
  });

  test.each([
    ["image", {}, "[image: image/png, 300 bytes]"],
    ["with_slash_and_dot", {}, '{\n  "found": true\n}'],
    ["bad-pattern", { text: "[" }, "[ - -"],
    [
      "mixed",
      {},
      'for the model\ninline\n[resource: file:///a.bin, application/x, 3 bytes]\n[resource: file:///b.txt]\n[a part of the kind "hologram"]',
    ],
  ])("answers for the model: %s", async (name, input, output) => {
    await using here = await connected({ raw: raw() });
    expect(await here.call(`raw__${name}`, input)).toEqual({ output, isError: false });
  });

  test("has an error result for a tool that failed", async () => {
    await using here = await connected({ raw: raw() });
    expect(await here.call("raw__fails", {})).toEqual({ output: "It is broken.\n[failed]", isError: true });
  });

  test("is started again for the next call after it died during one, which may have run", async () => {
    await using here = await connected({ raw: raw() });
    const died = await here.call("raw__die", {});
    expect(died).toEqual({
      output:
        "The tool failed: The connection to the server was lost during the call; it may have run. The next call connects again.",
      isError: true,
    });
    expect((await here.call("raw__echo", { text: "again" })).output).toBe("again - -");
  });

  test("is refused what the client does not offer, and gets its ping answered", async () => {
    await using here = await connected({ raw: raw() });
    expect((await here.call("raw__echo", { text: "ask" })).output.split("\n")).toEqual([
      "elicitation/create -32601",
      "ping answered",
      "roots/list -32601",
      "sampling/createMessage -32601",
    ]);
  });

  test("may write what is no message", async () => {
    await using here = await connected({ raw: raw() });
    expect((await here.call("raw__echo", { text: "junk" })).output).toBe("junk - -");
  });

  test("that leaves after its result is started again for the next call", async () => {
    await using here = await connected({ raw: raw() });
    expect((await here.call("raw__echo", { text: "leave" })).output).toBe("leave - -");
    await expect.poll(() => here.servers.status()[0]?.state).toBe("failed");
    expect((await here.call("raw__echo", { text: "again" })).output).toBe("again - -");
    expect(here.servers.status()[0]?.state).toBe("connected");
  });

  test("loses only its connection when an answer is larger than the client reads", async () => {
    await using here = await connected({ raw: raw() });
    expect((await here.call("raw__large", {})).isError).toBe(true);
    expect((await here.call("raw__echo", { text: "again" })).output).toBe("again - -");
  });

  test("shows progress, and is cancelled with the run", async () => {
    await using here = await connected({ raw: raw() });
    const controller = new AbortController();
    const progress: string[] = [];
    const { output, isError } = await here.call(
      "raw__slow",
      {},
      {
        signal: controller.signal,
        progress: (text) => {
          progress.push(text);
          controller.abort();
        },
      },
    );
    expect(progress).toEqual(["half [1 of 2]\n"]);
    expect([output, isError]).toEqual(["The tool failed: The call was cancelled; it may have run.", true]);
  });

  test("gives an error result when a call takes too long", async () => {
    await using here = await connected({ raw: raw() }, { callTimeoutMs: 300 });
    expect(await here.call("raw__slow", {})).toEqual({
      output: expect.stringMatching(/^The tool failed: /) as string,
      isError: true,
    });
  });

  test("has its changed list of tools from the next run on", async () => {
    await using here = await connected({ raw: raw() });
    const provider = createScriptedProvider([
      [calls("raw__echo", { text: "change" })],
      [says("changed")],
      [says("next")],
    ]);
    const agent = new AgentRuntime({ provider, toolSources: [here.servers] });
    await eventsOf(agent, inputOf("go"));
    await expect.poll(() => names(here.servers)).toEqual(["raw__echo", "raw__added"]);
    await eventsOf(agent, inputOf("and now"));
    const sizes = provider.requests.map(({ tools }) => tools.length);
    expect(sizes).toEqual([12, 12, 2]);
    expect(provider.requests[0]?.system.stable).toContain(
      "# Text of the MCP server raw\n\nUse echo with care.",
    );
  });
});

describe("a server that fails costs no other", () => {
  test.each([
    ["that exits", raw("exit"), /The port is taken\./],
    ["that does not answer", raw("mute"), /I will not answer\./],
    ["that is not there", { ...raw(), command: "no-such-program" }, /ENOENT/],
    ["whose address is closed", { url: "http://127.0.0.1:9/mcp", headers: {}, trust: false }, /./],
  ])("%s", async (_, bad, error) => {
    await using here = await connected({ bad, good: raw() }, { connectTimeoutMs: 2000 });
    const [status] = here.servers.status();
    expect(status).toMatchObject({ name: "bad", state: "failed", tools: 0 });
    expect(status?.error).toMatch(error);
    expect((await here.call("good__echo", { text: "hi" })).output).toBe("hi - -");
  });
});

test("tools ask for approval unless the config trusts them", async () => {
  await using here = await connected({ some: raw("", { trust: ["echo"] }), none: raw("", { trust: false }) });
  const approvals = new Map(here.servers.tools().map(({ name, approval }) => [name, approval]));
  expect(approvals.get("some__echo")).toBe("allow");
  expect(approvals.get("some__die")).toBe("ask");
  expect(approvals.get("none__echo")).toBe("ask");
});

test("after close no process is left and no call is made", async () => {
  const here = await connected({ raw: raw() });
  const tool = here.servers.tools().find(({ name }) => name === "raw__echo");
  await here[Symbol.asyncDispose]();
  expect(here.servers.status()[0]?.state).toBe("closed");
  expect((await callTool(tool, { text: "hi" })).output).toMatch(/cannot be reached: The agent is closed\./);
});
