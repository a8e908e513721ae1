import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentRuntime, MemoryManager } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, fails, says } from "@mini-openclaw/agent-runtime/testing";
import type { MessageEntry, ModelRequest } from "@mini-openclaw/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSessionLog } from "../src/agent/session-log.ts";

let workspaceDir = "";
beforeEach(() => {
  workspaceDir = mkdtempSync(join(tmpdir(), "session-log-"));
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "Date"],
    now: Date.UTC(2026, 10, 22, 14, 30, 5),
  });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(workspaceDir, { recursive: true });
});

const hour = 3_600_000;

// Longer than a busy machine needs to write a line.
const patience = { timeout: 30_000 };

/**
 * An agent whose sessions are logged: it answers in capitals, and its summaries name what was said.
 */
function logged(summary = ({ messages }: ModelRequest) => [says(`They said ${messages[0]?.content ?? ""}`)]) {
  const memory = new MemoryManager({ workspaceDir });
  const entries: MessageEntry[] = [];
  const failures: unknown[] = [];
  const sessionLog = createSessionLog({
    store: { loadMessages: async () => entries },
    memory,
    provider: createScriptedProvider((request) => summary(request)),
    restMs: hour,
    onFailure: (error) => failures.push(error),
  });
  const provider = createScriptedProvider(({ messages }) => {
    const said = messages.at(-1)?.content ?? "";
    return said === "" ? [fails(new Error("nothing to say"))] : [says(said.toUpperCase())];
  });
  const agent = new AgentRuntime({ provider, onRun: sessionLog.onRun });

  async function say(content: string, sessionId = "s1"): Promise<void> {
    const runId = `r${entries.length}`;
    const entry = { seq: entries.length + 1, id: `m${entries.length}`, runId, timestamp: 1 };
    entries.push({ ...entry, role: "user", content });
    const { signal } = new AbortController();
    for await (const event of agent.run({ sessionId, runId, messages: entries.slice(-1), signal })) {
      if (event.type !== "assistant_message") continue;
      const { id, timestamp } = event;
      entries.push({
        seq: entries.length + 1,
        id,
        runId,
        role: "assistant",
        content: event.content,
        timestamp,
      });
    }
  }

  const lines = async () => (await memory.readDailyLog())?.text;
  return { say, lines, sessionLog, failures };
}

test("adds a summary of an idle session to the daily log", async () => {
  const { say, lines } = logged();
  await say("hello");
  await say("bye");
  await vi.advanceTimersByTimeAsync(hour - 1);
  expect(await lines()).toBeUndefined();

  await vi.advanceTimersByTimeAsync(1);
  await vi.waitUntil(lines, patience);

  const line = "- [15:30:05] They said user: hello assistant: HELLO user: bye assistant: BYE\n";
  expect(await lines()).toBe(line);
});

test("waits while a session is active, and summarizes only new messages", async () => {
  const { say, lines } = logged();
  await say("one");
  await vi.advanceTimersByTimeAsync(hour / 2);
  await say("two");
  await vi.advanceTimersByTimeAsync(hour / 2);
  expect(await lines()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(hour / 2);
  await vi.waitUntil(lines, patience);
  await say("three");
  await vi.advanceTimersByTimeAsync(hour);
  await vi.waitUntil(async () => (await lines())?.includes("three"), patience);

  expect((await lines())?.match(/They said .*/g)).toEqual([
    "They said user: one assistant: ONE user: two assistant: TWO",
    "They said user: three assistant: THREE",
  ]);
});

test("writes due summaries when the server stops", async () => {
  const { say, lines, sessionLog } = logged();
  await Promise.all([say("here", "s1"), say("there", "s2")]);
  await sessionLog.close();
  expect((await lines())?.split("\n")).toHaveLength(3);
  await sessionLog.close();
  expect((await lines())?.split("\n")).toHaveLength(3);
});

test("logs no session without an answer", async () => {
  const { say, lines, sessionLog, failures } = logged();
  await say("");
  await sessionLog.close();
  expect(await lines()).toBeUndefined();
  expect(failures).toEqual([]);
});

test("reports a failed summary and does not repeat it", async () => {
  const lost = new Error("no model");
  const { say, lines, sessionLog, failures } = logged(() => [fails(lost) as never]);
  await say("hello");
  await sessionLog.close();
  await sessionLog.close();
  expect(failures).toEqual([lost]);
  expect(await lines()).toBeUndefined();
});
