import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createThrottle } from "../page/markdown/throttle.ts";

/** A throttle whose work takes a given time, and the times at which its work began. */
function startThrottle(workMs: number) {
  const begun: number[] = [];
  const work = () => {
    begun.push(performance.now());
    vi.advanceTimersByTime(workMs);
    return false;
  };
  const throttle = createThrottle(
    (late) => late(),
    () => {},
  );
  return { begun, work, throttle };
}

describe("the share of time for a growing text", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0, toFake: ["performance", "setTimeout", "clearTimeout"] });
    vi.stubGlobal("window", globalThis);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test.each([
    [10, 50],
    [16, 80],
    [20, 420],
  ])("after work of %i ms, the next one begins at %i ms", (workMs, next) => {
    const { begun, work, throttle } = startThrottle(workMs);
    throttle.schedule(work);
    throttle.schedule(() => begun.push(Number.NaN) < 0);
    throttle.schedule(work);
    vi.advanceTimersByTime(1000);

    expect(begun).toEqual([0, next]);
  });

  test("runs work again that is not finished, after a pause", () => {
    const { begun, work, throttle } = startThrottle(10);
    throttle.schedule(() => {
      work();
      return begun.length < 3;
    });
    vi.advanceTimersByTime(1000);

    expect(begun).toEqual([0, 50, 100]);
  });

  test("runs the last work at once, and nothing that waits", () => {
    const { begun, work, throttle } = startThrottle(100);
    throttle.schedule(work);
    throttle.schedule(work);
    throttle.runNow(work);
    vi.advanceTimersByTime(10_000);

    expect(begun).toEqual([0, 100]);
  });
});
