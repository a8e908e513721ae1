import { expect, test } from "vitest";
import { createFormats } from "../page/language/formats.ts";

test("writes tokens, money and durations as the reader's language does", () => {
  const [english, chinese] = [createFormats("en"), createFormats("zh-CN")];

  expect([0, 999, 1234, 1_500_000].map(english.count)).toEqual(["0", "999", "1.2K", "1.5M"]);
  expect(chinese.count(12_345)).toBe("1.2万");
  expect([0, 0.0012, 0.25, 12.3456].map(english.money)).toEqual(["$0.00", "$0.0012", "$0.25", "$12.35"]);
  expect([0, 320, 1234, 59_949, 60_000, 61_700].map(english.duration)).toEqual([
    ...["0ms", "320ms", "1.2s", "59.9s"],
    ...["1m 0s", "1m 2s"],
  ]);
  expect(chinese.duration(1234)).toBe("1.2秒");
});
