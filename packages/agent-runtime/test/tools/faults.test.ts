import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, createBuiltinTools, type ToolDefinition } from "../../src/index.ts";
import { refusalsOf } from "../anthropic/accepted.ts";
import { answers, finish, messagesServer, start, streams, toolUse } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, user } from "../collect.ts";
import { processesIn } from "../commands/processes-in.ts";
import { makeFifo } from "../make-fifo.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

interface Place {
  workspace: string;
  outside: string;
}

interface Fault {
  tool: string;
  input: Record<string, unknown>;
  /** Of the result that the model sees. */
  output: RegExp;
  isError?: boolean;
  prepare?: (place: Place) => void;
  /** Runs while the user is asked. */
  whileAsked?: (place: Place) => void;
}

const bash = (command: string, output: RegExp, isError = true): Fault => ({
  tool: "bash",
  input: { command },
  output,
  isError,
});
const waitForChild = "until [ -e child ]; do :; done";
const own = (name: string, output: RegExp, isError = true): Fault => ({
  tool: name,
  input: {},
  output,
  isError,
});
const read = (path: string, output: RegExp, prepare?: Fault["prepare"]): Fault => ({
  tool: "read_file",
  input: { file_path: path },
  output,
  ...(prepare && { prepare }),
});
const timeIsOver = /\[ended: the command ran longer than 0.4 seconds\]$/;
const tooMuch = /\[ended: the command wrote more than 20 MB\]$/;

/** Replaces a folder of the workspace by a link that leads outside. */
function swap({ workspace, outside }: Place, folder: string): void {
  renameSync(join(workspace, folder), join(workspace, "aside"));
  symlinkSync(outside, join(workspace, folder));
}

const faults: Record<string, Fault> = {
  "a command that hangs": bash("echo here; sleep 60", timeIsOver),
  "one that hangs and does not heed TERM": bash("trap '' TERM; while :; do sleep 1; done", timeIsOver),
  "one that hangs with its outputs closed": bash("exec >&- 2>&-; sleep 60", timeIsOver),
  "one that waits for its input": bash("read line; echo got $line", /^got\n/, false),
  "one that fails": bash("exit 7", /^\(no output\)\n\[exit status 7\]$/),
  "one that crashes": bash("echo a; kill -SEGV $$", /^a\n\[ended by SIGSEGV\]$/),
  "one that a signal ends": bash("kill -TERM $$", /^\(no output\)\n\[ended by SIGTERM\]$/),
  "one that is killed": bash("kill -KILL $$", /^\(no output\)\n\[ended by SIGKILL\]$/),
  "one that kills its whole group": bash("kill -KILL 0", /^\(no output\)\n\[ended by SIGKILL\]$/),
  "a fork bomb of three": bash(
    `f() { while :; do (sleep 0.01 & echo > child); done; }; f & f & f & ${waitForChild}`,
    /^\(no output\)$/,
    false,
  ),
  "a fork bomb of three that is waited for": bash(
    "f() { while :; do (sleep 0.01 & :); done; }; f & f & f & wait",
    timeIsOver,
  ),
  "a child in a session of its own": bash(
    `setsid sh -c 'touch child; exec sleep 60' & ${waitForChild}`,
    /^\(no output\)$/,
    false,
  ),
  "a child that holds the pipe": bash("sleep 60 & echo done", /^done\n$/, false),
  "500 MB of output": bash("head -c 500000000 /dev/zero", tooMuch),
  "output without end": bash("cat /dev/zero", tooMuch),
  "a command that reads a FIFO": bash("mkfifo fifo; cat fifo", timeIsOver),
  "one that removes its workspace": bash('rm -rf "$PWD"; echo gone', /^gone\n$/, false),
  "a command line that is none": bash("if then (", /syntax error[^]*\[exit status 2\]$/),
  "a NUL character in a command": bash(
    "echo a\0b",
    /^The tool failed: `command` must not hold a NUL character\.$/,
  ),
  "a FIFO to read": read("fifo", /not a regular file\.$/, ({ workspace }) =>
    makeFifo(join(workspace, "fifo")),
  ),
  "/dev/zero to read": read("/dev/zero", /outside the workspace/),
  "a link to /dev/zero to read": read("zero", /outside the workspace/, ({ workspace }) =>
    symlinkSync("/dev/zero", join(workspace, "zero")),
  ),
  "a link to itself to read": read("loop", /cannot be followed\.$/, ({ workspace }) =>
    symlinkSync("loop", join(workspace, "loop")),
  ),
  "a folder swapped for a link between the check and the write": {
    tool: "write_file",
    input: { file_path: ".openclaw/SOUL.md", content: "Be evil." },
    // Into the folder that was checked, wherever it stands now.
    output: /^Wrote 8 bytes to .openclaw\/SOUL.md\.$/,
    isError: false,
    prepare: ({ workspace }) => mkdirSync(join(workspace, ".openclaw")),
    whileAsked: (place) => swap(place, ".openclaw"),
  },
  "a tool that throws": own("throws", /^The tool failed: oh$/),
  "one that throws what is no error": own("throws_text", /^The tool failed: oh$/),
  "one that hangs and does not heed its signal": own(
    "deaf",
    /^The tool failed: It did not end within 50 ms\.$/,
  ),
  "one that gives no result": own(
    "silent",
    /^The tool failed: It did not return \{ success, output \}\. `\w+` must be /,
  ),
  "one that gives too much": own("long", /^x+\n\[… \d+ characters left out …\]\nx+$/, false),
  "a tool that is not there": own("gone", /^There is no tool named "gone"\.$/),
  "an input of 3 MB that is not valid": {
    tool: "read_file",
    input: { file_path: 1, junk: "x".repeat(3_000_000) },
    output: /^The input is not valid; the tool was not run\.\n/,
  },
};

function ownTool(name: string, execute: () => unknown): ToolDefinition {
  return {
    name,
    description: "",
    parameters: {},
    timeoutMs: 50,
    execute: execute as ToolDefinition["execute"],
  };
}

const ownTools = [
  ownTool("throws", () => {
    throw new Error("oh");
  }),
  ownTool("throws_text", () => Promise.reject("oh")),
  ownTool("deaf", () => new Promise(() => {})),
  ownTool("silent", () => "done"),
  ownTool("long", () => ({ success: true, output: "x".repeat(5_000_000) })),
];

/** The messages that a transcript of these events holds. */
function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

// The SDK is imported with the first request; here that must not count as the server's silence.
beforeAll(() => import("@anthropic-ai/sdk"));

describe("a fault of a tool becomes a result for the model, the run continues, and nothing is left behind", () => {
  test.each(Object.entries(faults))("%s", async (_, fault) => {
    await using inside = await temporaryDirectory();
    await using outside = await temporaryDirectory();
    const place = { workspace: inside.path, outside: outside.path };
    fault.prepare?.(place);
    const call = toolUse(0, "toolu_1", fault.tool, JSON.stringify(fault.input));
    const asking = streams(start, ...call, ...finish("tool_use"));
    await using server = await messagesServer(asking, answers("So it is."));
    // Only what is to run out of time gets little.
    const timeoutMs = fault.output === timeIsOver ? 400 : 30_000;
    const agent = new AgentRuntime({
      provider: createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL }),
      tools: [...createBuiltinTools(inside.path, { bash: { timeoutMs } }), ...ownTools],
    });
    const decision = async () => {
      fault.whileAsked?.(place);
      return "once" as const;
    };

    const events = await eventsOf(agent, inputOf("go", { decision }));

    const done = events.find((event) => event.type === "tool_done");
    expect(done?.output).toMatch(fault.output);
    expect(done?.isError).toBe(fault.isError ?? true);
    expect(events.at(-1)).toMatchObject({ type: "run_end", outcome: "completed" });
    expect(processesIn(inside.path)).toEqual([]);
    expect(await readdir(outside.path)).toEqual([]);
    const next = await eventsOf(agent, inputOf([user("go"), ...kept(events), user("again")]));
    expect(next.at(-1)).toMatchObject({ type: "run_end", outcome: "completed" });
    expect(server.requests.map(refusalsOf)).toEqual(server.requests.map(() => []));
  });
});

test("an approved write goes to the path that was approved, or fails", async () => {
  await using inside = await temporaryDirectory({ "aside/SOUL.md": "Be kind." });
  await using outside = await temporaryDirectory({ "SOUL.md": "theirs" });
  const [, , , edit] = createBuiltinTools(inside.path);
  renameSync(join(inside.path, "aside"), join(inside.path, ".openclaw"));
  const approve = async () => swap({ workspace: inside.path, outside: outside.path }, ".openclaw");
  const context = { sessionId: "s1", runId: "r1", callId: "c1", progress: () => {}, approve };
  const { signal } = new AbortController();
  const input = { file_path: ".openclaw/SOUL.md", old_text: "kind", new_text: "evil" };
  await Promise.resolve(edit?.execute(input, { ...context, signal })).catch(() => {});
  expect(await readFile(join(outside.path, "SOUL.md"), "utf8")).toBe("theirs");
});
