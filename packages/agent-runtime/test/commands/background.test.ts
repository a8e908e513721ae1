import { afterEach, describe, expect, test, vi } from "vitest";
import { freePort } from "../../../../scripts/free-port.mjs";
import { createBashTools } from "../../src/commands/bash.ts";
import { AgentRuntime, type ToolDefinition } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";
import { processesIn } from "./processes-in.ts";

type Options = Parameters<typeof createBashTools>[1];

/** A workspace with the three tools, whose commands are gone at the end of the scope. */
async function background(options: Options = {}) {
  const workspace = await temporaryDirectory();
  const tools = createBashTools(workspace.path, options);
  const call = (name: string, input: Record<string, unknown>, given?: Parameters<typeof callTool>[2]) =>
    callTool(
      tools.find((tool) => tool.name === name),
      input,
      given,
    );
  return {
    path: workspace.path,
    tools,
    call,
    close: () => closeAll(tools),
    async [Symbol.asyncDispose]() {
      await closeAll(tools);
      await workspace[Symbol.asyncDispose]();
    },
  };
}

async function closeAll(tools: readonly ToolDefinition[]): Promise<void> {
  for (const tool of tools) await tool.close?.();
}

afterEach(() => void vi.useRealTimers());

describe("a command with a time limit of its own", () => {
  test("continues under an id when its time in the foreground is over", async () => {
    await using here = await background({ timeoutMs: 300 });
    const command = "echo begins; until [ -e go ]; do sleep 0.05; done; echo ends";
    const first = await here.call("bash", { command, timeout_seconds: 60 });
    expect(first).toEqual({
      output:
        "begins\n[still running, at most 60 seconds in all. Read on with bash_output, end it with bash_stop; its id is bash_1.]",
      isError: false,
    });
    await here.call("bash", { command: "touch go" });
    const rest = await here.call("bash_output", { id: "bash_1", wait_seconds: 30 });
    expect(rest).toEqual({ output: "ends\n[bash_1 has ended]", isError: false });
    expect((await here.call("bash_output", { id: "bash_1" })).output).toBe(
      "There is no command bash_1 in the background; none runs.",
    );
  });

  test("has no limit where the options have none", async () => {
    await using here = await background({ timeoutMs: Infinity });
    const [bash] = here.tools;
    expect(bash?.description).toContain("The command is ended when the run is stopped, and processes");
    expect(JSON.stringify(bash?.parameters)).not.toMatch(/null|Infinity/);
    expect((await here.call("bash", { command: "echo hi", timeout_seconds: 1e9 })).output).toBe("hi\n");
  });

  test("returns a plain result when it ends in the foreground", async () => {
    await using here = await background();
    expect(await here.call("bash", { command: "echo a", timeout_seconds: 60 })).toEqual({
      output: "a\n",
      isError: false,
    });
  });

  test("is ended when that is over", async () => {
    await using here = await background({ timeoutMs: 100 });
    await here.call("bash", { command: "sleep 60", timeout_seconds: 0.3 });
    expect(await here.call("bash_output", { id: "bash_1", wait_seconds: 30 })).toEqual({
      output: "(no output)\n[ended: the command's time was over]",
      isError: true,
    });
    expect(processesIn(here.path)).toEqual([]);
  });

  test("shorter than the usual one is ended then", async () => {
    await using here = await background();
    expect((await here.call("bash", { command: "sleep 60", timeout_seconds: 0.2 })).output).toBe(
      "(no output)\n[ended: the command ran longer than 0.2 seconds]",
    );
  });

  test("has no longer one than the options allow", async () => {
    await using here = await background({ maxTimeoutMs: 120_000 });
    const { output } = await here.call("bash", { command: "true", timeout_seconds: 121 });
    expect(output).toMatch(/The input is not valid[^]*timeout_seconds[^]*120/);
  });
});

describe("a command in the background", () => {
  test("returns at once, is read while it runs, and is stopped with all that it started", async () => {
    await using here = await background();
    const command = "sleep 60 & echo one; until [ -e go ]; do sleep 0.05; done; echo two; touch said; wait";
    const first = await here.call("bash", { command, background: true });
    expect(first.output).toMatch(/^one\n\[still running\. Read on with bash_output/);
    expect((await here.call("bash_output", { id: "bash_1" })).output).toMatch(
      /^\[bash_1 is running, for \d+ seconds\]$/,
    );
    await here.call("bash", { command: "touch go; until [ -e said ]; do sleep 0.05; done" });
    expect((await here.call("bash_output", { id: "bash_1" })).output).toMatch(/^two\n\[bash_1 is running/);
    expect(await here.call("bash_stop", { id: "bash_1" })).toMatchObject({ isError: false });
    expect(processesIn(here.path)).toEqual([]);
  });

  test("returns a plain result when it fails at once", async () => {
    await using here = await background();
    expect(await here.call("bash", { command: "echo no; exit 3", background: true })).toEqual({
      output: "no\n[exit status 3]",
      isError: true,
    });
  });

  test("returns an error to bash_output when it fails later", async () => {
    await using here = await background();
    const command = "until [ -e go ]; do sleep 0.05; done; exit 4";
    await here.call("bash", { command, background: true });
    await here.call("bash", { command: "touch go" });
    expect(await here.call("bash_output", { id: "bash_1", wait_seconds: 30 })).toEqual({
      output: "(no output)\n[exit status 4]",
      isError: true,
    });
  });

  test("continues when the run that started it is aborted", async () => {
    await using here = await background();
    const controller = new AbortController();
    await here.call("bash", { command: "sleep 60", background: true }, { signal: controller.signal });
    controller.abort();
    expect((await here.call("bash_output", { id: "bash_1" })).output).toContain("is running");
  });

  test("is known to its own session only", async () => {
    await using here = await background();
    await here.call("bash", { command: "echo secret; sleep 60", background: true });
    for (const name of ["bash_output", "bash_stop"]) {
      const other = await here.call(name, { id: "bash_1" }, { sessionId: "s2" });
      expect(other).toEqual({
        output: "There is no command bash_1 in the background; none runs.",
        isError: true,
      });
    }
    expect((await here.call("bash_output", { id: "bash_1" })).isError).toBe(false);
  });

  test("is one of a few", async () => {
    await using here = await background({ background: { maxCommands: 2, maxAllCommands: 3 } });
    const start = (sessionId: string) =>
      here.call("bash", { command: "sleep 60", background: true }, { sessionId });
    for (const sessionId of ["s1", "s1", "s2"]) expect((await start(sessionId)).isError).toBe(false);
    expect((await start("s1")).output).toBe(
      "2 commands run in the background: bash_1 (sleep 60), bash_2 (sleep 60). End one with bash_stop first.",
    );
    expect((await start("s2")).output).toMatch(/^3 commands of all sessions run in the background\./);
    await here.call("bash_stop", { id: "bash_1" });
    expect((await start("s1")).isError).toBe(false);
  });

  test("is ended when its session has been idle", async () => {
    await using here = await background({ background: { idleMs: 300 } });
    await here.call("bash", { command: "sleep 60", background: true });
    await expect.poll(() => processesIn(here.path)).toEqual([]);
  });

  test.each([Infinity, 30 * 24 * 3_600_000])(
    "lasts where its session may be idle for %d ms",
    async (idleMs) => {
      await using here = await background({ background: { idleMs } });
      await here.call("bash", { command: "until [ -e go ]; do sleep 0.05; done", background: true });
      const { output } = await here.call("bash_output", { id: "bash_1", wait_seconds: 0.1 });
      expect(output).toMatch(/^\[bash_1 is running/);
    },
  );

  test("is ended with the agent", async () => {
    await using here = await background();
    const agent = new AgentRuntime({ provider: createScriptedProvider([]), tools: here.tools });
    await here.call("bash", { command: "setsid sleep 60 & sleep 60", background: true });
    expect(processesIn(here.path)).not.toEqual([]);
    await agent.close();
    expect(processesIn(here.path)).toEqual([]);
  });

  test("is ended when it writes without end", async () => {
    await using here = await background();
    await here.call("bash", { command: "sleep 1; yes", background: true });
    const { output } = await here.call("bash_output", { id: "bash_1", wait_seconds: 30 });
    expect(output).toMatch(/\[ended: the command wrote more than 20 MB\]$/);
  });

  test("is named in the prompt of the session's next run, and in no other's", async () => {
    await using here = await background();
    const provider = createScriptedProvider([
      [calls("bash", { command: "sleep 60", background: true })],
      [says("started")],
      [says("next")],
      [says("other")],
    ]);
    const agent = new AgentRuntime({ provider, tools: here.tools });
    await eventsOf(agent, inputOf("go"));
    await eventsOf(agent, inputOf("and now"));
    await eventsOf(agent, { ...inputOf("hello"), sessionId: "another" });
    const told = provider.requests.map(({ system }) =>
      system.volatile.includes("bash_1 (running): sleep 60"),
    );
    expect(told).toEqual([false, false, true, false]);
  });

  test("serves while the agent works", async () => {
    await using here = await background();
    const port = await freePort();
    const program = `require("http").createServer((_, r) => r.end("served")).listen(${port}, "127.0.0.1", () => console.log("ready"))`;
    await here.call("bash", { command: `node -e '${program}'`, background: true });
    const command = `until curl -sf http://127.0.0.1:${port}/; do sleep 0.1; done`;
    expect((await here.call("bash", { command })).output).toBe("served");
    expect((await here.call("bash_stop", { id: "bash_1" })).output).toContain("[bash_1 is ended]");
    expect((await here.call("bash", { command: `curl -sf http://127.0.0.1:${port}/` })).isError).toBe(true);
  });
});
