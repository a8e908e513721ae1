import type { Entry } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { MarkdownText } from "../src/cli/markdown-text.ts";

const message: Entry = {
  ...{ seq: 1, id: "one", role: "user", content: "a picture", timestamp: 0 },
  blocks: [{ type: "image", mediaType: "image/png", data: "AAAA" }],
} as Entry;

test("refuses a session whose text is too long for one string", () => {
  const markdown = new MarkdownText();
  markdown.add(message, 10);
  markdown.add({ seq: 2, type: "session_updated", title: "x", timestamp: 0 }, 10);
  expect(() => markdown.add(message, 10)).toThrow(
    "The session is too long for Markdown. Export it with --format jsonl.",
  );
});

test("refuses what becomes too long in Markdown, and passes other errors on", () => {
  const markdown = new MarkdownText();
  markdown.add(message);
  expect(markdown.format(() => "picture.png")).toContain("a picture");
  const failing = (error: Error) => () => {
    throw error;
  };
  expect(() => markdown.format(failing(new RangeError("Invalid string length")))).toThrow("too long");
  expect(() => markdown.format(failing(new TypeError("a bug")))).toThrow("a bug");
});
