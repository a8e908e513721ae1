import { describe, expect, test } from "vitest";
import type { Block } from "../page/markdown/syntax/block.ts";
import { splitAppended, splitText } from "../page/markdown/syntax/blocks.ts";
import { createParser } from "../page/markdown/syntax/parser.ts";

const parser = createParser();

describe("a block of more than 50 parts", () => {
  test.each([
    ["a list", (index: number) => `${index === 0 ? "- top\n" : ""}  - item ${index}\n`, "ul(li(ul))"],
    ["numbers", (index: number) => `${index === 0 ? "4. top\n" : ""}   1. item ${index}\n`, "ol4(li(ol50))"],
    ["a task", (index: number) => `${index === 0 ? "- [x] top\n" : ""}  - item ${index}\n`, "ul(li(ul))"],
    [
      "two items of a line",
      (index: number) => `${index === 0 ? "- 1. " : "     "}- item ${index}\n`,
      "ul(li(ol1(li(ul))))",
    ],
    [
      "items of three lines",
      (index: number) => `${index === 0 ? "- a\n\n  - b\n    - c\n" : ""}      - item ${index}\n`,
      "ul(li(ul(li(ul(li(ul))))))",
    ],
    [
      "a quote",
      (index: number) => `> ${index === 0 ? "words\n>\n> " : ""}- item ${index}\n`,
      "blockquote(ul)",
    ],
    [
      "a quote in an item",
      (index: number) => `${index === 0 ? "* > " : "  > "}- item ${index}\n`,
      "ul(li(blockquote(ul)))",
    ],
    [
      "an item in a quote",
      (index: number) => `> ${index === 0 ? "- top\n>" : ""}   - item ${index}\n`,
      "blockquote(ul(li(ul)))",
    ],
    ["tabs", (index: number) => `${index === 0 ? "-\ttop\n" : ""}\t- item ${index}\n`, "ul(li(ul))"],
    ["code", (index: number) => `${index === 0 ? "-     code\n" : ""}  - item ${index}\n`, "ul(li(ul))"],
  ])("is cut inside of other blocks, and nothing is lost: %s", (_, partAt, around) => {
    const text = Array.from({ length: 120 }, (__, index) => partAt(index)).join("");
    const { blocks } = splitText(text, parser);

    expect(blocks.length).toBe(3);
    expect(blocks.flatMap(textsIn).filter((one) => one.startsWith("item"))).toEqual(
      Array.from({ length: 120 }, (__, index) => `item ${index}`),
    );
    expect(firstPath(blocks[1])).toBe(around);
    expect(splitAppended(`${text}words`, splitText(text.slice(0, -1), parser), parser)).toEqual(
      splitText(`${text}words`, parser),
    );
  });

  test("is a table that is cut: each part has the head and the widths of the first part", () => {
    const head = "| name | 说明说明 |\n| --- | --: |\n";
    const row = (index: number) => `| ${index < 50 ? "a" : "a longer one"} | [b](https://example.com) |\n`;
    const text = `words\n${head}${Array.from({ length: 120 }, (_, index) => row(index)).join("")}`;
    const { blocks } = splitText(text, parser);

    expect(
      blocks.map(({ tag, detail, isContinued, children: [top, body] }) => [
        ...[tag, detail, isContinued, top?.children.flatMap(textsIn), body?.children.length],
      ]),
    ).toEqual([
      ["p", "", false, undefined, undefined],
      ["table", "7 11", false, ["name", "说明说明"], 50],
      ["table", "7 11", true, ["name", "说明说明"], 50],
      ["table", "7 11", true, ["name", "说明说明"], 20],
    ]);
    const half = splitText(text.slice(0, -40), parser);
    expect(splitAppended(text, half, parser)).toEqual(splitText(text, parser));
  });

  test("is one if it is a table whose head is too long to be read again", () => {
    const text = `| ${"a".repeat(2000)} |\n| --- |\n${"| b |\n".repeat(120)}`;

    expect(splitText(text, parser).blocks.map(({ tag, detail }) => [tag, detail])).toEqual([["table", ""]]);
  });

  test("is one if it is a list in a folded part", () => {
    const text = `> <details>\n>\n${"> - item\n".repeat(120)}> </details>\n`;

    expect(splitText(text, parser).blocks.map(({ tag }) => tag)).toEqual(["blockquote"]);
  });
});

/** Returns the texts in a block, in order. */
function textsIn({ content, children }: Block): string[] {
  return children.length === 0 ? [content] : children.flatMap(textsIn);
}

/** Returns a block with the first blocks in it, as far as they are containers. */
function firstPath(block: Block | undefined): string {
  if (block?.kind !== "container") return "";
  const isFirstItem = block.tag === "li" && block.children[0]?.kind === "text";
  if (isFirstItem) return "";
  const inner = firstPath(block.children[0]);
  return `${block.tag}${block.tag === "ol" ? block.detail : ""}${inner && `(${inner})`}`;
}
