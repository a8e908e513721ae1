import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Schedule } from "../../src/schedule/schedule-file.ts";
import { findLastRun, findScheduleSession } from "../../src/schedule/schedule-sessions.ts";
import { createScheduler } from "../../src/schedule/scheduler.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-29T08:30:00.000Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

const hourly: Schedule = {
  name: "hourly",
  when: { cron: "0 * * * *", timeZone: "UTC" },
  instruction: "Tidy up",
  catchesUp: false,
  addedAt: 0,
};
const MINUTE = 60_000;

/** A gateway with a scheduler, in a process of its own as far as timers go. */
function start({ store = createMemoryStore(), sessionsFile = newFile(), answer = async () => "Done." } = {}) {
  const gateway = new GatewayServer({ store, agent: textAgent(answer) });
  const problems: unknown[] = [];
  const scheduler = createScheduler({
    gateway,
    store,
    sessionsFile,
    report: (problem) => problems.push(problem),
  });
  const asked = async (name = "hourly") => {
    const sessionId = await findScheduleSession(store, sessionsFile, name);
    const messages = sessionId === undefined ? [] : await store.loadMessages(sessionId, { role: "user" });
    return messages.map((message) => new Date(message.timestamp).toISOString().slice(11, 16));
  };
  onTestFinished(async () => {
    scheduler.stop();
    vi.useRealTimers();
    await gateway.close({ drainMs: 0 });
  });
  return { store, sessionsFile, scheduler, problems, asked };
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "scheduler-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "schedule.json");
}

test("runs at each time of the expression until it is stopped", async () => {
  const { scheduler, asked } = start();
  await scheduler.set([hourly]);

  await vi.advanceTimersByTimeAsync(29 * MINUTE);
  expect(await asked()).toEqual([]);
  await vi.advanceTimersByTimeAsync(62 * MINUTE);
  expect(await asked()).toEqual(["09:00", "10:00"]);
  scheduler.stop();
  await vi.advanceTimersByTimeAsync(180 * MINUTE);

  expect(await asked()).toEqual(["09:00", "10:00"]);
});

test("runs at the local time of its time zone, also when the clocks change", async () => {
  // Berlin leaves summer time on 2026-10-25: 10:00 is 08:00 UTC before and 09:00 UTC after.
  vi.setSystemTime(new Date("2026-10-24T07:00:00.000Z"));
  const { scheduler, asked } = start();
  await scheduler.set([{ ...hourly, when: { cron: "0 10 * * *", timeZone: "Europe/Berlin" } }]);

  await vi.advanceTimersByTimeAsync(2 * 24 * 60 * MINUTE + 3 * 60 * MINUTE);

  expect(await asked()).toEqual(["08:00", "09:00", "09:00"]);
});

test("starts a schedule once when two changes come together, and stops it", async () => {
  const { scheduler, asked } = start();
  const often: Schedule = { ...hourly, when: { everyMinutes: 10 } };
  await Promise.all([scheduler.set([often]), scheduler.set([often])]);
  await vi.advanceTimersByTimeAsync(15 * MINUTE);
  expect(await asked()).toEqual(["08:40"]);

  await scheduler.set([]);
  await vi.advanceTimersByTimeAsync(60 * MINUTE);

  expect(await asked()).toEqual(["08:40"]);
});

test("reports a session that cannot be read, runs the others, and this one once it is mended", async () => {
  const store = createMemoryStore();
  const damaged = new Error("is no session file");
  const { scheduler, asked, problems } = start({ store });
  await scheduler.set([{ ...hourly, catchesUp: true }]);
  const getSession = vi.spyOn(store, "getSession").mockRejectedValueOnce(damaged);

  await scheduler.set([
    { ...hourly, catchesUp: false },
    { ...hourly, name: "other" },
  ]);
  expect(problems).toEqual([damaged]);
  getSession.mockRestore();
  await vi.advanceTimersByTimeAsync(31 * MINUTE);

  expect(await asked("other")).toEqual(["09:00"]);
  expect(await asked()).toContain("09:00");
});

test("runs an interval for the first time after one interval", async () => {
  const { scheduler, asked } = start();
  await scheduler.set([{ ...hourly, when: { everyMinutes: 10 } }]);

  await vi.advanceTimersByTimeAsync(25 * MINUTE);

  expect(await asked()).toEqual(["08:40", "08:50"]);
});

test("leaves out a time while the last run is active, and reports it", async () => {
  const ends: (() => void)[] = [];
  const { scheduler, asked, problems } = start({
    answer: () => new Promise((resolve) => ends.push(() => resolve("Done."))),
  });
  await scheduler.set([hourly]);

  await vi.advanceTimersByTimeAsync(100 * MINUTE);
  expect(problems).toEqual([
    "hourly: there is no run at 2026-11-29T10:00:00.000Z, because the last one is active.",
  ]);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(60 * MINUTE);

  expect(await asked()).toEqual(["09:00", "11:00"]);
});

test("makes up for missed times once, and only if it should", async () => {
  const first = start();
  await first.scheduler.set([{ ...hourly, catchesUp: true, addedAt: Date.now() }]);
  await vi.advanceTimersByTimeAsync(31 * MINUTE);
  first.scheduler.stop();
  await vi.advanceTimersByTimeAsync(200 * MINUTE);
  expect(await first.asked()).toEqual(["09:00"]);

  const { store, sessionsFile } = first;
  const never = start({ store, sessionsFile });
  await never.scheduler.set([hourly]);
  await vi.advanceTimersByTimeAsync(0);
  expect(await never.asked()).toEqual(["09:00"]);
  never.scheduler.stop();

  const second = start({ store, sessionsFile });
  await second.scheduler.set([{ ...hourly, catchesUp: true }]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await second.asked()).toEqual(["09:00", "12:21"]);
  second.scheduler.stop();
  const sessionId = (await findScheduleSession(store, sessionsFile, "hourly")) ?? "";
  expect(await findLastRun(store, sessionId, "hourly")).toEqual({
    due: new Date("2026-11-29T12:00:00.000Z"),
    outcome: "completed",
  });

  const third = start({ store, sessionsFile });
  await third.scheduler.set([{ ...hourly, catchesUp: true }]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await third.asked()).toEqual(["09:00", "12:21"]);
});

test("does not make up for times before it was added", async () => {
  const { scheduler, asked } = start();
  await scheduler.set([{ ...hourly, catchesUp: true, addedAt: Date.now() }]);
  await vi.advanceTimersByTimeAsync(1);

  expect(await asked()).toEqual([]);
});

test("keeps the timer of a schedule that stays, and replaces the others", async () => {
  const { scheduler, asked } = start();
  const interval = { ...hourly, name: "interval", when: { everyMinutes: 10 } };
  await scheduler.set([interval, hourly]);
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  await scheduler.set([interval, { ...hourly, name: "other" }]);
  await vi.advanceTimersByTimeAsync(30 * MINUTE);

  expect(await asked("interval")).toEqual(["08:40", "08:50", "09:00"]);
  expect(await asked("hourly")).toEqual([]);
  expect(await asked("other")).toEqual(["09:00"]);
});

test("reports a run that cannot start, and runs at the next time", async () => {
  const { scheduler, problems, store, asked } = start();
  await scheduler.set([hourly]);
  vi.spyOn(store, "getSession").mockRejectedValueOnce(new Error("no disk"));
  await vi.advanceTimersByTimeAsync(91 * MINUTE);

  expect(problems).toEqual([new Error("no disk")]);
  expect(await asked()).toEqual(["10:00"]);
});
