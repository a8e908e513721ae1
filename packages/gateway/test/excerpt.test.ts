import { expect, test } from "vitest";
import { excerptOf } from "../src/commands/search-excerpt.ts";

const long = "word ".repeat(60);

test.each([
  ["the whole of a short message", "A whale.", "whale", "A whale."],
  ["whatever the case", "A WHALE.", "whale", "A WHALE."],
  ["one line of several", "one\n\n  two\tthree", "two", "one two three"],
  ["the beginning, if the text is nowhere", "A whale.", "fish", "A whale."],
  ["the end of a long message", `${long}whale`, "whale", `…${"word ".repeat(8)}whale`],
  ["the beginning of a long message", `whale ${long}`, "whale", `whale ${"word ".repeat(24).slice(0, -1)}…`],
  [
    "the text after letters that are longer in lower case",
    `${"İ".repeat(200)} hava durumu ${long}`,
    "DURUMU",
    `…${"İ".repeat(34)} hava durumu ${"word ".repeat(24).slice(0, -1)}…`,
  ],
  [
    "characters in one piece",
    `${"🐳".repeat(21)}x${"🐳".repeat(70)}`,
    "x",
    `…${"🐳".repeat(20)}x${"🐳".repeat(60)}…`,
  ],
])("shows %s", (_, content, text, expected) => {
  expect(excerptOf(content, text)).toBe(expected);
});

test("cuts no character in two", () => {
  expect(excerptOf(`${"🐳".repeat(40)}xy`, "y")).toBe(`…${"🐳".repeat(20)}xy`);
});
