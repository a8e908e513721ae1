import type { ToolDoneEvent } from "@mini-openclaw/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createBashTool } from "../src/commands/bash.ts";
import { AgentRuntime, type ToolContext, type ToolDefinition, type ToolResult } from "../src/index.ts";
import { calls, callsBadly, createScriptedProvider, type ScriptPart, says } from "../src/testing.ts";
import { eventsOf, inputOf } from "./collect.ts";

function toolOf(execute: (context: ToolContext) => ToolResult | Promise<ToolResult>): ToolDefinition {
  return { name: "tool", description: "", parameters: {}, execute: (_, context) => execute(context) };
}

/** The result of one call, as watchers are shown it. */
async function resultOf(
  tool: ToolDefinition,
  call: ScriptPart = calls("tool"),
  decide: () => Promise<"once" | "deny"> = async () => "once",
): Promise<ToolDoneEvent> {
  const agent = new AgentRuntime({
    provider: createScriptedProvider([[call], [says("ok")]]),
    tools: [tool],
    toolTimeoutMs: 1000,
  });
  const events = await eventsOf(agent, inputOf("hi", { decision: decide }));
  const done = events.find((event) => event.type === "tool_done");
  if (!done) throw new Error("The call has no result.");
  return done;
}

/** Lets this many milliseconds pass. */
async function passes(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("how long a tool ran", () => {
  function fakeTime(): void {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  }

  test("carries the duration with its result", async () => {
    fakeTime();
    const tool = toolOf(async () => {
      await passes(70);
      return { success: true, output: "" };
    });
    expect(await resultOf(tool)).toMatchObject({ isError: false, durationMs: 70 });
  });

  test("carries the duration of a call that fails or takes too long", async () => {
    fakeTime();
    const fails = toolOf(async () => {
      await passes(30);
      throw new Error("no");
    });
    expect(await resultOf(fails)).toMatchObject({ isError: true, durationMs: 30 });
    const hangs = toolOf(async ({ signal }) => {
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
      await Promise.all([passes(1500), stopped]);
      return { success: true, output: "never" };
    });
    expect(await resultOf(hangs)).toMatchObject({ isError: true, durationMs: 1000 });
  });

  test("leaves out the time in which a user was asked", async () => {
    fakeTime();
    const decide = async () => {
      await passes(5000);
      return "once" as const;
    };
    const asks = toolOf(async ({ approve }) => {
      await passes(20);
      await Promise.all([approve("it wants one thing"), approve("it wants another")]);
      await passes(30);
      return { success: true, output: "done" };
    });
    const done = await resultOf({ ...asks, approval: "ask" }, calls("tool"), decide);
    expect(done).toMatchObject({ output: "done", durationMs: 50 });
  });

  test.each<[string, ScriptPart]>([
    ["unknown", calls("nope")],
    ["called badly", callsBadly("tool", "{")],
  ])("has no duration of a tool that is %s", async (_, call) => {
    const tool = toolOf(() => ({ success: true, output: "" }));
    expect(await resultOf(tool, call)).not.toHaveProperty("durationMs");
  });

  test("has no duration of a call that was not allowed", async () => {
    const tool: ToolDefinition = { ...toolOf(() => ({ success: true, output: "" })), approval: "ask" };
    expect(await resultOf(tool, calls("tool"), async () => "deny")).not.toHaveProperty("durationMs");
  });
});

const noResult = "The tool failed: It did not return { success, output }.";

describe("a result", () => {
  test.each<[string, unknown, string, boolean]>([
    ["without output", { success: true, output: "" }, "(no output)", false],
    ["with a failure and its reason", { success: false, output: "a", error: "b" }, "a\nb", true],
    ["with a failure after a whole line", { success: false, output: "a\n", error: "b" }, "a\nb", true],
    ["with a reason alone", { success: false, output: "", error: "b" }, "b", true],
    ["with a failure without a reason", { success: false, output: "a" }, "a", true],
    ["with nothing at all", { success: false, output: "" }, "The tool failed without saying why.", true],
    ["that is no object", null, `${noResult} \`result\` must be an object, got null.`, true],
    [
      "without a success",
      { output: "a" },
      `${noResult} \`success\` must be true or false, got nothing.`,
      true,
    ],
    [
      "whose output is no text",
      { success: true, output: 1 },
      `${noResult} \`output\` must be a text, got 1.`,
      true,
    ],
  ])("explains %s to the model", async (_, result, output, isError) => {
    expect(await resultOf(toolOf(() => result as ToolResult))).toMatchObject({ output, isError });
  });

  test("of a tool that begins when its run was just stopped is still kept", async () => {
    const controller = new AbortController();
    const agent = new AgentRuntime({
      provider: createScriptedProvider([[calls("tool")]]),
      tools: [toolOf(({ signal }) => ({ success: false, output: `stopped: ${signal.aborted}` }))],
      onToolCall: () => ({
        run(work) {
          controller.abort();
          return work();
        },
      }),
    });
    const events = await eventsOf(agent, inputOf("hi", { signal: controller.signal }));
    expect(events.find(({ type }) => type === "tool_done")).toMatchObject({ output: "stopped: true" });
    expect(events.at(-1)).toMatchObject({ outcome: "aborted" });
  });

  test("of a tool that throws something that is no error names it", async () => {
    const tool = toolOf(() => {
      throw Object.assign(Object.create(null), { toString: () => "out of luck" }) as Error;
    });
    expect(await resultOf(tool)).toMatchObject({ output: "The tool failed: out of luck", isError: true });
  });
});

describe("an exit status", () => {
  test.each([
    ["true", 0],
    ["exit 3", 3],
    ["kill -SEGV $$", undefined],
  ])("of bash's `%s` is %s", async (command, exitCode) => {
    const done = await resultOf(createBashTool("/tmp"), calls("bash", { command }));
    expect(done.exitCode).toBe(exitCode);
  });

  test("is left out if it is not an integer", async () => {
    const tool = toolOf(() => ({ success: true, output: "", exitCode: "0" as never }));
    expect(await resultOf(tool)).not.toHaveProperty("exitCode");
  });
});
