import { expect, test, vi } from "vitest";
import { systemClock } from "../src/lib/runtime.ts";

test("calls after a pause that is too long for a timer later, and not at once", () => {
  vi.useFakeTimers();
  const work = vi.fn<() => void>();

  // The fake timers have the limit of the real ones.
  systemClock.after(Number.POSITIVE_INFINITY, work);
  systemClock.after(2 ** 31, work);
  vi.advanceTimersByTime(86_400_000);

  expect(work).not.toHaveBeenCalled();
  vi.useRealTimers();
});
