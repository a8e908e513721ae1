import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openScheduleSession, startSchedule } from "../src/agent/schedule.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("runs at each interval until it is stopped", async () => {
  const run = vi.fn<() => Promise<void>>(async () => {});
  const stop = startSchedule({ everyMs: 60_000, run, onFailure: () => {} });

  await vi.advanceTimersByTimeAsync(59_999);
  expect(run).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(120_001);
  expect(run).toHaveBeenCalledTimes(3);
  stop();
  await vi.advanceTimersByTimeAsync(600_000);

  expect(run).toHaveBeenCalledTimes(3);
});

test("skips a turn while the previous run is active", async () => {
  const ends: (() => void)[] = [];
  const run = vi.fn<() => Promise<void>>(() => new Promise<void>((resolve) => ends.push(resolve)));
  const stop = startSchedule({ everyMs: 1000, run, onFailure: () => {} });

  await vi.advanceTimersByTimeAsync(3500);
  expect(run).toHaveBeenCalledTimes(1);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(1000);
  stop();

  expect(run).toHaveBeenCalledTimes(2);
});

test("reports a run that fails, and runs the next one", async () => {
  const failures: unknown[] = [];
  const run = vi.fn<() => Promise<void>>(async () => {
    throw new Error("no disk");
  });
  const stop = startSchedule({ everyMs: 1000, run, onFailure: (error) => failures.push(error) });

  await vi.advanceTimersByTimeAsync(2000);
  stop();

  expect(run).toHaveBeenCalledTimes(2);
  expect(failures).toEqual([new Error("no disk"), new Error("no disk")]);
});

describe("openScheduleSession", () => {
  const says = { role: "user", content: "hi", timestamp: 1 } as const;

  function stateFile(): string {
    const folder = mkdtempSync(join(tmpdir(), "schedule-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return join(folder, "data", "schedule.json");
  }

  test("returns the same session of the page's key each time", async () => {
    const store = createMemoryStore();
    const file = stateFile();
    const first = await openScheduleSession(store, file);
    await store.appendMessage(first, says);

    expect(await openScheduleSession(store, file)).toBe(first);
    expect((await store.listSessions({ key: "webchat" })).sessions.map(({ sessionId }) => sessionId)).toEqual(
      [first],
    );
  });

  test("never becomes the session that the page opens", async () => {
    const store = createMemoryStore();
    const file = stateFile();
    const scheduled = await openScheduleSession(store, file);
    await store.appendMessage(scheduled, says);
    await openScheduleSession(store, file);

    expect((await store.getOrCreateSession("webchat")).sessionId).not.toBe(scheduled);
  });

  test("leaves a newer chat of the user as the one that the page opens", async () => {
    const store = createMemoryStore();
    const file = stateFile();
    await openScheduleSession(store, file);
    const { sessionId: chat } = await store.createSession("webchat");
    await store.appendMessage(chat, says);
    await openScheduleSession(store, file);

    expect((await store.getOrCreateSession("webchat")).sessionId).toBe(chat);
  });

  test.each(["archiveSession", "deleteSession"] as const)("creates a new session after %s", async (end) => {
    const store = createMemoryStore();
    const file = stateFile();
    const first = await openScheduleSession(store, file);
    await store.appendMessage(first, says);
    await store[end](first);

    expect(await openScheduleSession(store, file)).not.toBe(first);
  });

  test("creates a new session if its file is damaged", async () => {
    const store = createMemoryStore();
    const file = stateFile();
    await openScheduleSession(store, file);
    writeFileSync(file, "{");

    expect(await openScheduleSession(store, file)).toMatch(/./);
  });
});
