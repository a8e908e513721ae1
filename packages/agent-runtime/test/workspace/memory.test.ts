import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentRuntime, createRememberTool, MemoryManager, summarizeConversation } from "../../src/index.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { NOW, user } from "../collect.ts";
import { cpuCost } from "../cpu-cost.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

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

  test("and the daily log are not written through a link that leads outside", async () => {
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

test("a conversation is summarized for the day's log", async () => {
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

describe("the daily log", () => {
  test("gets one line for each entry, with the local time of day", async () => {
    await using workspace = await temporaryDirectory();
    const memory = new MemoryManager({
      workspaceDir: workspace.path,
      now: () => NOW,
      timeZone: "UTC",
    });
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

test.each([
  ["Asia/Shanghai", "2026-12-01T23:30:00Z", "2026-12-02", "07:30:00"],
  ["Asia/Kolkata", "2026-12-01T19:00:00Z", "2026-12-02", "00:30:00"],
  ["America/Los_Angeles", "2026-12-02T07:59:59Z", "2026-12-01", "23:59:59"],
  // The day after the clock was put back has 24 hours, the one of it 25.
  ["Europe/Berlin", "2026-10-25T22:30:00Z", "2026-10-25", "23:30:00"],
])("the day's log in %s is that of the local day", async (timeZone, instant, day, time) => {
  await using workspace = await temporaryDirectory();
  const now = () => Date.parse(instant);
  const memory = new MemoryManager({ workspaceDir: workspace.path, now, timeZone });
  await memory.appendDailyLog("here");
  expect(await memory.readDailyLog()).toEqual({ day, text: `- [${time}] here\n` });
  const dayLater = new MemoryManager({
    workspaceDir: workspace.path,
    now: () => now() + 86_400_000,
    timeZone,
  });
  expect((await dayLater.readDailyLog({ daysAgo: 1 }))?.day).toBe(day);
});

test("a memory that outgrows the prompt is named to the model, in the prompt and by the tool", async () => {
  const notes = Array.from(
    { length: 400 },
    (_, index) => `- Fact number ${index}: the user likes it much.\n`,
  );
  await using workspace = await temporaryDirectory({ "MEMORY.md": notes.join("").repeat(2) });
  const memory = new MemoryManager({ workspaceDir: workspace.path });
  const { output } = await callTool(createRememberTool(memory), { note: "The newest" });
  expect(output).toMatch(/^Kept in MEMORY\.md\. MEMORY\.md now has \d+ characters, but prompts show 20000: /);
  const agent = new AgentRuntime({ provider: createScriptedProvider([]), workspaceDir: workspace.path });
  const { sections } = await agent.explainContext([]);
  const text = sections.find(({ name }) => name === "volatile: Memory")?.text ?? "";
  const [, chars, lines] = /\n\[… (\d+) characters, (\d+) lines left out …\]\n/.exec(text) ?? [];
  const shown = text.split("\n").filter((line) => line.startsWith("- "));
  expect(shown.at(-1)).toBe("- The newest");
  expect(shown.every((line) => line === "- The newest" || line.endsWith("much."))).toBe(true);
  expect(shown.length + Number(lines)).toBe(801);
  const whole = (await memory.readLongTerm()) ?? "";
  expect(Number(chars) + shown.join("\n").length + 1).toBe(whole.length);
});

test.each(["Mars/Olympus", "", "UTC+8"])("a time zone that is none is refused: %j", (timeZone) => {
  expect(() => new MemoryManager({ workspaceDir: ".", timeZone })).toThrow(
    '`timeZone` must be a name such as "Asia/Shanghai"',
  );
});

test("the log of a day stays whole when the clock jumps back and on again", async () => {
  await using workspace = await temporaryDirectory();
  let now = Date.parse("2026-01-02T00:00:10Z");
  const memory = new MemoryManager({ workspaceDir: workspace.path, now: () => now, timeZone: "UTC" });
  await memory.appendDailyLog("first");
  now -= 20_000;
  await memory.appendDailyLog("before");
  now += 20_000;
  await memory.appendDailyLog("second");
  expect((await memory.readDailyLog())?.text).toBe("- [00:00:10] first\n- [00:00:10] second\n");
  expect((await memory.readDailyLog({ daysAgo: 1 }))?.text).toBe("- [23:59:50] before\n");
});

test("a line of blanks in an entry costs time in proportion", async () => {
  await using workspace = await temporaryDirectory();
  const memory = new MemoryManager({ workspaceDir: workspace.path, now: () => NOW });
  const cost = (count: number) => cpuCost(() => memory.appendDailyLog(`a${" ".repeat(count)}b`));
  const short = await cost(30_000);
  // In proportion it is 4 times as much; with the square of the length 16 times, and seconds.
  expect(await cost(120_000)).toBeLessThan(8 * short + 100);
});
