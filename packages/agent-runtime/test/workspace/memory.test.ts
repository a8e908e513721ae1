import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createRememberTool, MemoryManager, summarizeConversation } from "../../src/index.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { NOW, user } from "../collect.ts";
import { cpuCost } from "../cpu-cost.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

// row 32.b
describe("MEMORY.md", () => {
  test.each([
    ["the workspace's first", { "w/MEMORY.md": "workspace", "d/MEMORY.md": "data" }, "workspace"],
    ["else the data directory's", { "d/MEMORY.md": "data" }, "data"],
    ["or nothing", {}, undefined],
  ])("is %s", async (_, files, text) => {
    await using directory = await temporaryDirectory(files);
    const memory = new MemoryManager({
      workspaceDir: join(directory.path, "w"),
      dataDir: join(directory.path, "d"),
    });
    expect(await memory.readLongTerm()).toBe(text);
  });

  test.each([
    ["makes the file", {}, "- Likes tea\n"],
    ["begins on a line of its own", { "MEMORY.md": "- A" }, "- A\n- Likes tea\n"],
    ["adds to the data directory's where that one is read", { "d/MEMORY.md": "- A\n" }, "- A\n- Likes tea\n"],
  ])("remembering %s", async (_, files, text) => {
    await using workspace = await temporaryDirectory(files);
    const dataDir = join(workspace.path, "d");
    const memory = new MemoryManager({ workspaceDir: workspace.path, dataDir });
    await memory.remember("Likes tea");
    expect(await memory.readLongTerm()).toBe(text);
  });

  test("and the day's log are not written where a link leads outside", async () => {
    await using outside = await temporaryDirectory({ "MEMORY.md": "theirs" });
    await using workspace = await temporaryDirectory({ "d/memory/.keep": "" });
    const dataDir = join(workspace.path, "d");
    await symlink(join(outside.path, "MEMORY.md"), join(workspace.path, "MEMORY.md"));
    await symlink(outside.path, join(dataDir, "memory/daily-logs"));
    const memory = new MemoryManager({ workspaceDir: workspace.path, dataDir });
    await expect(memory.remember("Likes tea")).rejects.toThrow("outside");
    await expect(memory.appendDailyLog("Made tea")).rejects.toThrow("outside");
    expect(await readdir(outside.path)).toEqual(["MEMORY.md"]);
    expect(await readFile(join(outside.path, "MEMORY.md"), "utf8")).toBe("theirs");
  });
});

test("the agent remembers by its tool `remember`", async () => {
  await using workspace = await temporaryDirectory();
  const memory = new MemoryManager({ workspaceDir: workspace.path });
  const remember = createRememberTool(memory);
  expect(await callTool(remember, { note: "Likes tea" })).toEqual({
    output: "Kept in MEMORY.md.",
    isError: false,
  });
  expect(await memory.readLongTerm()).toBe("- Likes tea\n");
  expect((await callTool(remember, { note: "x".repeat(501) })).isError).toBe(true);
});

// row E32.3
test("a conversation is summed up for the day's log", async () => {
  await using workspace = await temporaryDirectory();
  const memory = new MemoryManager({ workspaceDir: workspace.path, now: () => NOW });
  const provider = createScriptedProvider([[says("Fixed\n", " the build.")]]);
  const messages: Message[] = [
    user("fix it"),
    { role: "tool", callId: "a", toolName: "t", content: "long output", isError: false, timestamp: 1 },
    { role: "assistant", content: "Done.", timestamp: 1 },
  ];
  await memory.appendDailyLog(
    await summarizeConversation(messages, { provider, signal: new AbortController().signal }),
  );
  expect(provider.requests[0]?.messages).toEqual([
    { role: "user", content: "user: fix it\n\nassistant: Done.", timestamp: 0 },
  ]);
  expect((await memory.readDailyLog())?.text).toBe("- [14:30:05] Fixed the build.\n");
});

// row 32.c
describe("the daily log", () => {
  test("gets one line for each entry, with the time of day in UTC", async () => {
    await using workspace = await temporaryDirectory();
    const memory = new MemoryManager({ workspaceDir: workspace.path, now: () => NOW });
    await memory.appendDailyLog("Fixed the build");
    await memory.appendDailyLog("two\n- [00:00:00] lines");
    const path = join(workspace.path, ".mini-openclaw/memory/daily-logs/2026-11-22.md");
    const text = "- [14:30:05] Fixed the build\n- [14:30:05] two - [00:00:00] lines\n";
    expect(await readFile(path, "utf8")).toBe(text);
    expect(await memory.readDailyLog()).toEqual({ day: "2026-11-22", text });
  });

  test("is found for days before, or not", async () => {
    await using workspace = await temporaryDirectory({
      "d/memory/daily-logs/2026-11-21.md": "- [01:02:03] a\n",
    });
    const dataDir = join(workspace.path, "d");
    const memory = new MemoryManager({ workspaceDir: workspace.path, dataDir, now: () => NOW });
    expect(await memory.readDailyLog({ daysAgo: 1 })).toEqual({
      day: "2026-11-21",
      text: "- [01:02:03] a\n",
    });
    expect(await memory.readDailyLog()).toBeUndefined();
  });
});

test("a line of blanks in an entry costs time in proportion", async () => {
  await using workspace = await temporaryDirectory();
  const memory = new MemoryManager({ workspaceDir: workspace.path, now: () => NOW });
  const cost = (count: number) => cpuCost(() => memory.appendDailyLog(`a${" ".repeat(count)}b`));
  const short = await cost(30_000);
  // In proportion it is 4 times as much; with the square of the length 16 times, and seconds.
  expect(await cost(120_000)).toBeLessThan(8 * short + 100);
});
