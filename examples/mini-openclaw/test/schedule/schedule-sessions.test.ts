import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { findLastRun, openScheduleSession, requestIdOf } from "../../src/schedule/schedule-sessions.ts";

const text = { role: "user", content: "hi", timestamp: 1 } as const;

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "schedule-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "data", "schedule.json");
}

describe("openScheduleSession", () => {
  test("returns the same session of the page's key each time", async () => {
    const store = createMemoryStore();
    const at = { file: stateFile(), name: "news" };
    const first = await openScheduleSession(store, at);
    await store.appendMessage(first, text);

    expect(await openScheduleSession(store, at)).toBe(first);
    const { sessions } = await store.listSessions({ key: "webchat" });
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual([first]);
  });

  test.each(["constructor", "toString", "__proto__"])("remembers the session of %s", async (name) => {
    const store = createMemoryStore();
    const file = stateFile();

    const first = await openScheduleSession(store, { file, name });
    await store.appendMessage(first, text);

    expect(await openScheduleSession(store, { file, name })).toBe(first);
    expect(await openScheduleSession(store, { file, name: "valueOf" })).not.toBe(first);
  });

  test("returns a session of its own for each name, with its title", async () => {
    const store = createMemoryStore();
    const file = stateFile();
    const news = await openScheduleSession(store, { file, name: "news", title: "Schedule: news" });
    const tidy = await openScheduleSession(store, { file, name: "tidy", title: "Schedule: tidy" });

    expect(news).not.toBe(tidy);
    expect(await openScheduleSession(store, { file, name: "news" })).toBe(news);
    expect((await store.getSession(news))?.title).toBe("Schedule: news");
    expect((await store.getSession(tidy))?.title).toBe("Schedule: tidy");
  });

  test("never becomes the session that the page opens", async () => {
    const store = createMemoryStore();
    const at = { file: stateFile(), name: "news", title: "Schedule: news" };
    const scheduled = await openScheduleSession(store, at);
    await store.appendMessage(scheduled, text);
    await openScheduleSession(store, at);

    expect((await store.getOrCreateSession("webchat")).sessionId).not.toBe(scheduled);
  });

  test("leaves a newer chat of the user as the one that the page opens", async () => {
    const store = createMemoryStore();
    const at = { file: stateFile(), name: "news" };
    await openScheduleSession(store, at);
    const { sessionId: chat } = await store.createSession("webchat");
    await store.appendMessage(chat, text);
    await openScheduleSession(store, at);

    expect((await store.getOrCreateSession("webchat")).sessionId).toBe(chat);
  });

  test.each(["archiveSession", "deleteSession"] as const)("creates a new session after %s", async (end) => {
    const store = createMemoryStore();
    const at = { file: stateFile(), name: "news" };
    const first = await openScheduleSession(store, at);
    await store.appendMessage(first, text);
    await store[end](first);

    expect(await openScheduleSession(store, at)).not.toBe(first);
  });

  test("creates a new session if its file is damaged", async () => {
    const store = createMemoryStore();
    const at = { file: stateFile(), name: "news" };
    const first = await openScheduleSession(store, at);
    writeFileSync(at.file, "{");

    expect(await openScheduleSession(store, at)).not.toBe(first);
  });
});

describe("findLastRun", () => {
  const due = new Date("2026-11-29T09:00:00.000Z");

  test("finds the last run of the schedule behind messages of the user", async () => {
    const store = createMemoryStore();
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const message = { type: "user_message", content: "Read the news", timestamp: 1 } as const;
    const requestId = requestIdOf("news", due);
    await log.record([
      { ...message, runId: "r1", id: "01a00000-0000-7000-8000-000000000001", requestId },
      { type: "run_end", runId: "r1", outcome: "budget", usage: noUsage, timestamp: 2 },
    ]);
    await log.close();
    await store.appendMessage(sessionId, text);

    expect(await findLastRun(store, sessionId, "news")).toEqual({ due, outcome: "budget" });
    expect(await findLastRun(store, sessionId, "new")).toBeUndefined();
  });
});
