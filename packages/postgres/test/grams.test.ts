import { describe, expect, test } from "vitest";
import { gramsOf } from "../src/store/search/grams.ts";

const text = "the zoo. 北京 is é😀 ok, a b cd  ef gh 写 ij kl the zoo\tm n";

describe("the groups of a text", () => {
  test("include all groups of each of its parts", () => {
    const whole = new Set(gramsOf(text));
    for (let start = 0; start < text.length; start += 1) {
      for (let end = start; end <= text.length; end += 1) {
        const part = text.slice(start, end);
        const missing = gramsOf(part).filter((gram) => !whole.has(gram));
        expect({ part, missing }).toEqual({ part, missing: [] });
      }
    }
  });

  test.each([
    ["ab", 0],
    ["abc", 1],
    ["ab c", 2],
    ["ab cd", 4],
    ["北京", 1],
    ["a京", 1],
  ])("of %j are %i", (one, count) => {
    expect(gramsOf(one)).toHaveLength(count);
  });
});
