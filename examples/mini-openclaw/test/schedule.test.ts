import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startSchedule } from "../src/schedule.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

// E29.3
test("an instruction runs every so often, until it is stopped", async () => {
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

test("a turn is left out while the one before goes on", async () => {
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

test("a run that fails is told, and the next one comes", async () => {
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
