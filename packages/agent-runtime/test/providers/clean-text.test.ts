import { describe, expect, test } from "vitest";
import { cleanText } from "../../src/providers/http/clean-text.ts";

const key = "sk-live-abcdefgh12345678";

describe("the text of a server's error", () => {
  test.each([
    ["the key", `Incorrect API key provided: ${key}.`],
    ["the beginning of the key", `Incorrect API key provided: ${key.slice(0, 15)}…`],
    ["the key in a header", `{"authorization":"Bearer ${key}"}`],
    ["the key in base64", `auth ${Buffer.from(key).toString("base64")}`],
    ["the key twice", `${key} is not ${key}`],
    ["the key between escape sequences", `sk-live-\u001b[31mabcdefgh12345678`],
    ["the key with a mark in it that nobody sees", `sk-live-\u200babcdefgh12345678`],
  ])("quotes no key: %s", (_, text) => {
    const cleaned = cleanText(text, [key], 300);
    expect(cleaned).toContain("[hidden]");
    expect(cleaned).not.toContain("abcdefgh");
    expect(cleaned).not.toContain(Buffer.from(key).toString("base64"));
  });

  test.each([
    ["a short key in a word", "k", "kind: keep it", "kind: keep it"],
    ["a key of five letters", "abcde", "the key abcde, abcdefg", "the key [hidden], abcdefg"],
    ["a key of another service", "none", "gsk_abcdefghijklmnop is wrong", "[hidden] is wrong"],
    ["a key with an odd form", "a+b/c==d&e f", "a%2Bb%2Fc%3D%3Dd%26e%20f", "[hidden]"],
  ])("hides what is a key and nothing else: %s", (_, secret, text, expected) => {
    expect(cleanText(text, [secret], 300)).toBe(expected);
  });

  test.each([
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["a title of the terminal", "\u001b]0;owned\u0007text", "text"],
    ["a single control sequence introducer", "\u009b31mred", "red"],
    ["bidirectional marks", "a\u202egnp.exe\u2066b", "agnp.exeb"],
    ["control characters", "a\u0000b\rc\u0085d", "a b c d"],
    ["line breaks", "a\n\n  b", "a b"],
    ["a stack of JavaScript", "TypeError: x\n    at f (/srv/app.js:3:1)\n    at g", "TypeError: x"],
    [
      "a stack of Python",
      'ValueError: x\nTraceback (most recent call last):\n  File "a.py", line 1',
      "ValueError: x",
    ],
  ])("has no %s", (_, text, expected) => {
    expect(cleanText(text, [], 300)).toBe(expected);
  });

  test("is cut, never in the middle of a character", () => {
    expect(cleanText(`${"x".repeat(9)}😀`, [], 10)).toBe("x".repeat(9));
  });

  test.each([
    ["line breaks", "\n"],
    ["escapes", "\u001b"],
    ["open tags", "<style>"],
    ["quotations of the beginning of a key", key.slice(0, 12)],
  ])("takes time in proportion to its length: a megabyte of %s", (_, unit) => {
    const began = process.cpuUsage();
    cleanText(unit.repeat(1_000_000 / unit.length), [key], 300);
    const { user } = process.cpuUsage(began);
    // A quadratic step would take minutes.
    expect(user).toBeLessThan(5_000_000);
  });
});
