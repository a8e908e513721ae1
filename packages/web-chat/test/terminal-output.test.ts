import { describe, expect, test } from "vitest";
import { hasControls, outputPieces } from "../page/conversation/tools/terminal-output.ts";

const ESC = "\u001b";
const plain = (output: string) =>
  outputPieces(output)
    .map(({ text }) => text)
    .join("");

describe("the pieces of a program's output", () => {
  test.each<[string, string, [string, string][]]>([
    ["plain text", "hello\n", [["hello\n", ""]]],
    [
      "a colour",
      `a ${ESC}[31mred${ESC}[0m b`,
      [
        ["a ", ""],
        ["red", "ansi-1"],
        [" b", ""],
      ],
    ],
    [
      "an empty reset",
      `${ESC}[32mgreen${ESC}[m.`,
      [
        ["green", "ansi-2"],
        [".", ""],
      ],
    ],
    [
      "several parameters",
      `${ESC}[1;4;94mlink${ESC}[22;24;39m.`,
      [
        ["link", "ansi-4 ansi-bold ansi-underline"],
        [".", ""],
      ],
    ],
    [
      "a weight that ends alone",
      `${ESC}[1;33mA${ESC}[22mB${ESC}[23;3mC`,
      [
        ["A", "ansi-3 ansi-bold"],
        ["B", "ansi-3"],
        ["C", "ansi-3 ansi-italic"],
      ],
    ],
    [
      "the first sixteen of the palette",
      `${ESC}[38;5;9mA${ESC}[38;5;4mB`,
      [
        ["A", "ansi-1"],
        ["B", "ansi-4"],
      ],
    ],
    [
      "the cube of the palette",
      `${ESC}[38;5;46mA${ESC}[38;5;208mB`,
      [
        ["A", "ansi-2"],
        ["B", "ansi-3"],
      ],
    ],
    ["a grey of the palette", `${ESC}[31;38;5;240mA`, [["A", ""]]],
    [
      "a true colour",
      `${ESC}[38;2;20;30;200mA${ESC}[38:2:200:10:190mB`,
      [
        ["A", "ansi-4"],
        ["B", "ansi-5"],
      ],
    ],
    [
      "a background, which is left out",
      `${ESC}[48;5;1;2mA${ESC}[48;2;1;2;3mB`,
      [
        ["A", "ansi-dim"],
        ["B", "ansi-dim"],
      ],
    ],
    ["an unknown code", `${ESC}[31;73mA`, [["A", "ansi-1"]]],
  ])("have the look of %s", (_, output, expected) => {
    expect(outputPieces(output).map(({ text, look }) => [text, look])).toEqual(expected);
  });

  test.each([
    ["a title", `${ESC}]0;title\u0007text`, "text"],
    ["a link", `${ESC}]8;;http://x${ESC}\\text${ESC}]8;;${ESC}\\`, "text"],
    ["a move", `a${ESC}[2Ab${ESC}[10;3Hc`, "abc"],
    ["a bell, a null and a backspace", "a\u0007b\u0000c\b", "abc"],
    ["a sequence that is cut off", `text${ESC}[3`, "text"],
    ["an escape at the end", `text${ESC}`, "text"],
    ["an overwritten line", "10 %\r50 %\rdone\nnext\r\n", "done\nnext\n"],
  ])("drop %s", (_, output, expected) => {
    expect(plain(output)).toBe(expected);
  });

  test("hold markup as text", () => {
    expect(outputPieces(`${ESC}[31m<img src=x onerror=alert(1)>`)).toEqual([
      { text: "<img src=x onerror=alert(1)>", look: "ansi-1" },
    ]);
  });
});

test("a text without controls is plain", () => {
  expect(["a\tb\n", `${ESC}[1m`, "a\rb"].map(hasControls)).toEqual([false, true, true]);
});
