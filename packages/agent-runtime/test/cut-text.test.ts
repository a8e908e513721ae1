import { expect, test } from "vitest";
import { createOutputBuffer } from "../src/commands/output-buffer.ts";
import { cutMiddle } from "../src/shared/cut-text.ts";

const cases: [string, string, number, string][] = [
  ["a text that fits, as it is", "abcd", 4, "abcd"],
  ["the beginning and the end of one that does not", "abcdefgh", 5, "abc\n[… 3 characters left out …]\ngh"],
  ["nothing but the mark when nothing fits", "abc", 0, "\n[… 3 characters left out …]\n"],
  ["characters of two units whole", "a👋bc👋d", 4, "a\n[… 6 characters left out …]\nd"],
];

test.each(cases)("keeps %s", (_, text, maxChars, expected) => {
  expect(cutMiddle(text, maxChars)).toBe(expected);
});

test.each(cases)("keeps %s, however the bytes come", (_, text, maxChars, expected) => {
  const buffer = createOutputBuffer(maxChars);
  for (const byte of Buffer.from(text)) buffer.add(Buffer.of(byte));
  expect(buffer.byteLength()).toBe(Buffer.byteLength(text));
  expect(buffer.take()).toBe(expected);
});

test("shows a character that never became complete as a mark", () => {
  const buffer = createOutputBuffer(10);
  expect(buffer.add(Buffer.from("é").subarray(0, 1))).toBe("");
  expect(buffer.take()).toBe("\uFFFD");
});
