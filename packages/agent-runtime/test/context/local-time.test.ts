import { expect, test } from "vitest";
import { toLocalTime } from "../../src/shared/local-time.ts";

const NOON = Date.parse("2026-11-30T12:00:00Z");

test("returns the time of each zone in the same second", () => {
  expect(toLocalTime(NOON, "Asia/Tokyo")).toEqual({
    day: "2026-11-30",
    time: "21:00:00",
    offset: "+09:00",
    zone: "Asia/Tokyo",
  });
  expect(toLocalTime(NOON, "America/New_York")).toMatchObject({ time: "07:00:00", offset: "-05:00" });
  expect(toLocalTime(NOON + 999, "Asia/Tokyo")).toMatchObject({ time: "21:00:00", offset: "+09:00" });
});

test("returns another time in the next second", () => {
  expect(toLocalTime(NOON + 999, "Asia/Shanghai").time).toBe("20:00:00");
  expect(toLocalTime(NOON + 1000, "Asia/Shanghai").time).toBe("20:00:01");
  expect(toLocalTime(NOON - 1, "Asia/Shanghai").time).toBe("19:59:59");
});
