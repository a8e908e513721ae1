import { expect, test } from "vitest";
import { retryDelayMs } from "../page/retry-delay.ts";

// row 33.a
test("waits twice as long after each failure, up to 15 s, spread over half of it", () => {
  const failures = [0, 1, 2, 3, 4, 5, 6, 1000];

  expect(failures.map((count) => retryDelayMs(count, 0))).toEqual([
    250, 500, 1000, 2000, 4000, 7500, 7500, 7500,
  ]);
  expect(failures.map((count) => retryDelayMs(count, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
  ]);
});
