import { describe, expect, test } from "vitest";
import { createTerminalText } from "../../src/commands/terminal-text.ts";
import { cpuCost } from "../cpu-cost.ts";

function read(...pieces: string[]): string {
  const terminal = createTerminalText();
  return pieces.map((piece) => terminal.write(piece)).join("") + terminal.end();
}

const forms: [title: string, output: string, text: string][] = [
  ["plain lines as they are", "a \n\tb\n\nc", "a \n\tb\n\nc"],
  ["CRLF as a line end", "a\r\nb\r\n", "a\nb\n"],
  ["colours left out", "\x1b[32m✓\x1b[39m passes \x1b[2m(3 ms)\x1b[22m\n", "✓ passes (3 ms)\n"],
  ["colours of 24 bits left out", "\x1b[38;2;1;2;3mred\x1b[0m", "red"],
  ["a link as its text", "\x1b]8;;https://example.test\x1b\\here\x1b]8;;\x1b\\\n", "here\n"],
  ["a link that ends with BEL", "\x1b]8;;https://example.test\x07here\x1b]8;;\x07\n", "here\n"],
  ["a title left out", "\x1b]0;my title\x07text\n", "text\n"],
  ["a progress bar as its end", "  1%\r 50%\r100%\ndone\n", "100%\ndone\n"],
  ["what a shorter text leaves of a longer one", "downloading\rok\n", "okwnloading\n"],
  ["an erased rest of a line", "downloading\rok\x1b[K\n", "ok\n"],
  ["an erased line", "downloading\x1b[2K\rok\n", "ok\n"],
  ["a spinner as nothing", "|\b/\b-\b\\\b \b\n", "\n"],
  ["moves to a column", "abc\x1b[2GX\x1b[10Gend\n", "aXc      end\n"],
  ["short sequences left out", "\x1b(Ba\x1b7b\x1b=\n", "ab\n"],
  ["other controls left out", "a\x00\x07b\x7f\n", "ab\n"],
  ["characters of two units", "😀\r😁\n", "😁\n"],
  ["a sequence that never ends", "a\n\x1b]0;title", "a\n"],
];

describe("a terminal's output", () => {
  test.each(forms)("has %s", (_, output, text) => {
    expect(read(output)).toBe(text);
  });

  test.each(forms)("is the same wherever it is cut: %s", (_, output, text) => {
    const characters = Array.from(output);
    for (let at = 1; at < characters.length; at += 1) {
      expect(read(characters.slice(0, at).join(""), characters.slice(at).join(""))).toBe(text);
    }
    expect(read(...characters)).toBe(text);
  });

  test("is bounded, whatever a line does", () => {
    expect(read("x".repeat(50_000)).length).toBe(50_000);
    expect(read("a\x1b[999999999Cb\n").length).toBeLessThan(20_000);
  });

  test.each([
    ["a line without an end", (count: number) => "x".repeat(count)],
    ["escapes without an end", (count: number) => "\x1b]".repeat(count / 2)],
    ["one long title", (count: number) => `\x1b]0;${"x".repeat(count)}`],
    ["parameters without an end", (count: number) => `\x1b[${"1;".repeat(count / 2)}`],
    ["a line that is overwritten again and again", (count: number) => "12345\r".repeat(count / 6)],
  ])("costs time in proportion: %s", async (_, toText) => {
    const pieces = (count: number) => toText(count).match(/[^]{1,1000}/g) ?? [];
    const short = await cpuCost(() => read(...pieces(60_000)));
    // In proportion it is 4 times as much; with the square of the length 16 times, and seconds.
    expect(await cpuCost(() => read(...pieces(240_000)))).toBeLessThan(8 * short + 60);
  });
});
