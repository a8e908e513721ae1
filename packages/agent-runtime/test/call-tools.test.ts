import { expect, test } from "vitest";
import { emitEvents } from "../src/shared/emit-events.ts";
import type { ToolEvent } from "../src/tool-calls/answer-call.ts";
import { createSessionApprovals } from "../src/tool-calls/approvals.ts";
import { callTools } from "../src/tool-calls/call-tools.ts";
import { type ToolDefinition, toTool } from "../src/tool-calls/define-tool.ts";
import { outline } from "./collect.ts";

/** Calls that end only on demand. */
function heldCalls() {
  const gates = new Map<string, { opened: Promise<void>; open: () => void }>();
  const gate = (callId: string) => {
    const known = gates.get(callId);
    if (known) return known;
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    gates.set(callId, { opened, open });
    return { opened, open };
  };
  const tool: ToolDefinition = {
    name: "held",
    description: "",
    parameters: {},
    async execute(_, { callId }) {
      await gate(callId).opened;
      return { success: true, output: callId };
    },
  };
  return { tool, end: (callId: string) => gate(callId).open() };
}

function callingOf(definitions: readonly ToolDefinition[], maxParallelTools: number) {
  return {
    sessionId: "s1",
    runId: "r1",
    tools: new Map(definitions.map((definition) => [definition.name, toTool(definition)])),
    maxParallelTools,
    approval: () => undefined,
    sessionApprovals: createSessionApprovals(),
    approvalTimeoutMs: 1000,
    signal: new AbortController().signal,
    skillFolders: [],
    aroundTool: <T>(_: unknown, work: () => T) => work(),
    toolTimeoutMs: 1000,
    maxToolOutputChars: 1000,
    createId: () => "id",
    now: () => 1,
    onError: () => {},
  };
}

const call = (callId: string, toolName: string) => ({ callId, toolName, input: {} });

test("results come as calls end, and go back in the order of the calls", async () => {
  const { tool, end } = heldCalls();
  const lines: string[] = [];
  const emit = async (event: ToolEvent) => {
    const [line = ""] = outline([event]);
    lines.push(line);
    if (line === "tool_start 2") end("2");
    if (line === "tool_start 3") end("3");
    if (line === "tool_done 3 3") end("1");
  };
  const asked = [call("1", "held"), call("2", "held"), call("3", "held")];
  const results = await callTools(asked, callingOf([tool], 2), emit);
  expect(lines).toEqual([
    "tool_start 1",
    "tool_start 2",
    "tool_done 2 2",
    "tool_start 3",
    "tool_done 3 3",
    "tool_done 1 1",
  ]);
  expect(results.map(({ callId }) => callId)).toEqual(["1", "2", "3"]);
});

test("a sequential tool runs alone", async () => {
  const seen: string[] = [];
  const tool = (name: string, sequential: boolean): ToolDefinition => ({
    name,
    description: "",
    parameters: {},
    sequential,
    async execute() {
      seen.push(`+${name}`);
      await new Promise(setImmediate);
      seen.push(`-${name}`);
      return { success: true, output: name };
    },
  });
  const calls = [call("1", "read"), call("2", "read"), call("3", "write"), call("4", "read")];
  await callTools(calls, callingOf([tool("read", false), tool("write", true)], 4), async () => {});
  expect(seen).toEqual(["+read", "+read", "-read", "-read", "+write", "-write", "+read", "-read"]);
});

test("limits the output of a running tool, and emits none after the tool's end", async () => {
  let late = () => {};
  const chatty: ToolDefinition = {
    name: "chatty",
    description: "",
    parameters: {},
    execute(_, { progress }) {
      late = () => progress("late");
      progress("");
      progress("x".repeat(65_535));
      progress("👋");
      progress("more");
      return { success: true, output: "done" };
    },
  };
  const lengths: string[] = [];
  await callTools([call("1", "chatty")], callingOf([chatty], 1), async (event) => {
    lengths.push(event.type === "tool_output" ? `${event.content.length}` : event.type);
    if (event.type === "tool_done") late();
  });
  expect(lengths).toEqual(["tool_start", "65535", "tool_done"]);
});

test("a reader that goes away ends the tools", async () => {
  let stopped: Promise<unknown> = Promise.resolve();
  const waiting: ToolDefinition = {
    name: "waiting",
    description: "",
    parameters: {},
    execute(_, { signal, progress }) {
      stopped = new Promise((resolve) => {
        signal.addEventListener("abort", resolve, { once: true });
      });
      progress("started");
      return stopped.then(() => ({ success: true, output: "" }));
    },
  };
  const events = emitEvents<ToolEvent>(async (emit, signal) => {
    await callTools([call("1", "waiting")], { ...callingOf([waiting], 1), signal }, emit);
  });
  for await (const event of events) if (event.type === "tool_output") break;
  await expect(stopped).resolves.toBeDefined();
});
