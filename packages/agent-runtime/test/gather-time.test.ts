import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGatherTime } from "../src/shared/gather-time.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [0, 0],
  [0.3, 0],
  [0.5, 0],
  [0.6, 4],
  [0.7, 8],
  [0.9, 16],
  [1, 16],
])("a process that is busy for a share of %d gathers for %d ms", (load, expected) => {
  expect(createGatherTime(() => load)()).toBeCloseTo(expected);
});

test("the load is read ten times a second at most", () => {
  const loads = [0, 1, 0.7];
  const gatherTime = createGatherTime(() => loads.shift() ?? Number.NaN);
  expect(gatherTime()).toBe(0);
  vi.advanceTimersByTime(99);
  expect(gatherTime()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(gatherTime()).toBe(16);
  vi.advanceTimersByTime(1000);
  expect(gatherTime()).toBeCloseTo(8);
  expect(gatherTime()).toBeCloseTo(8);
});

test("the load of this process is a share, which rises while it works", () => {
  vi.useRealTimers();
  const gatherTime = createGatherTime();
  expect(gatherTime()).toBeGreaterThanOrEqual(0);
  expect(gatherTime()).toBeLessThanOrEqual(16);
});
