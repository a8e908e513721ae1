import { describe, expect, test } from "vitest";
import { GramArray, gramsOf } from "../src/store/search/grams.ts";

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

  test("hardly ever repeat in a text of ordinary length", () => {
    const words = Array.from({ length: 60 }, (_, index) => (index * 7_919_317).toString(36)).join(" ");
    const grams = gramsOf(words.repeat(3));
    expect(grams.length - new Set(grams).size).toBeLessThan(grams.length / 20);
  });

  test("of several texts follow on each other, and a later batch has only its own", () => {
    const grams = new GramArray();
    // Longer than the memory that an array begins with, and than the memory that it keeps.
    for (const one of [text, "long words ".repeat(50_000), "abc"]) {
      grams.clear();
      grams.add(one);
      grams.add("北京");
      expect(grams.toNumbers()).toEqual([...gramsOf(one), ...gramsOf("北京")]);
    }
  });

  test("are an array in the binary format", () => {
    const grams = new GramArray();
    grams.add("北京");
    const fields = Array.from({ length: 7 }, (_, index) => grams.toBinary().readInt32BE(4 * index));
    expect(fields).toEqual([1, 0, 23, 1, 1, 4, (0x5317 << 16) | 0x4eac]);
  });
});
