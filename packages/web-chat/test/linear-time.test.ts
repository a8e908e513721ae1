import { describe, expect, test } from "vitest";
import { outputPieces } from "../page/conversation/tools/terminal-output.ts";
import { diffLines } from "../page/conversation/tools/text-diff.ts";
import { findMatches } from "../page/dom/find-matches.ts";
import { startOf } from "../page/dom/start-of.ts";
import { english } from "../page/language/english.ts";
import { findAddresses } from "../page/markdown/syntax/addresses.ts";
import type { Block } from "../page/markdown/syntax/block.ts";
import { splitText } from "../page/markdown/syntax/blocks.ts";
import { createParser } from "../page/markdown/syntax/parser.ts";
import { splitThoughts } from "../page/markdown/syntax/thoughts.ts";
import { fileNameOf, toMarkdown } from "../page/sessions/export-session.ts";

/**
 * Pieces that are repeated: one of each class of characters, and beginnings that nothing completes.
 */
const pieces: readonly string[] = [
  ...["a", "0", "中", "é", "e\u0301", "😀", "\u200b", "\u00a0", " ", "\t", "\n", " \n", "a\n", "a\n\n"],
  ...["*", "_", "~", "`", "[", "]", "(", ")", "<", ">", "!", "#", "-", "+", "=", "|", "\\", "&", "@", "."],
  ...[":", "/", '"', "'", "$", "{", "}", "^", "?", ";", ",", "%", "，", "（", "“", "。"],
  ...["**a", "*a ", "_a ", "**a* ", "*a_ ", "a*b_", "a**b", "_*", "***", "**，", "“**", "中**a", "*，_"],
  ...["~~a", "~~~", "`a", "``a", "```\n", "~~~\n", "    a\n", "\\\n", "a  \n"],
  ...[
    "[a](",
    "[a](<b",
    '[a](b "',
    "![",
    "[a][",
    "[[]",
    "](",
    "[a]: b\n",
    "[a\n",
    '[a]: <b> "',
    "[^a]",
    "[^",
    "[^a]: ",
  ],
  ...[
    "<a ",
    '<a href="',
    "<!--",
    "<?",
    "</",
    "<![CDATA[",
    "<sub>",
    "<b>*",
    "<http://",
    "&amp;",
    "&#1",
    "<think>",
    "<details>\n",
    "<details>a</details>\n",
    "<details><summary>",
    "</details>\n",
    "<details>\n`</details>`",
    "$$\n\n",
    "\\[a\n\n",
    "\\begin{align}",
    "\\begin{align}\n\n",
    "https://a.b(中)",
    "(中)",
  ],
  ...[
    "> ",
    "> > ",
    "- ",
    "- - ",
    "\t- ",
    "- a\n",
    "- [ ] ",
    "1. ",
    "1. a\n",
    "* * ",
    "| a ",
    "|-",
    "|a|b|\n",
    "a|b\n-|-\n",
  ],
  ...[
    "http://",
    "https://a",
    "https://a(",
    "https://a.b/c，",
    "www.",
    "www.a",
    "www.a.b ",
    "a@",
    "a@b.",
    "x@y.zz ",
    "://",
  ],
  ...[
    "\r",
    "\r\n",
    "a\r",
    "\u001b",
    "\u001b[",
    "\u001b[1;",
    "\u001b[1m",
    "\u001b]",
    "\u001b]\u001b",
    "\u0007",
  ],
  ...["\\(", "\\)", "\\[", "\\]", "\\[\n", "\\(a\\)", "$$", "$$\n", "$a", "$a$", "\\(\\\\)", "\\\\("],
];

const [SMALL, LARGE] = [10_000, 100_000];

// Linear work grows ten times, quadratic work a hundred times.
const MAX_GROWTH = 40;

// The process's clock measures less than that too coarsely.
const MEASURABLE_MS = 2;

function repeated(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

function cpuMs(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The smallest growth of a few attempts, because other work of the machine only adds to it. */
function growth(work: (text: string) => unknown, piece: string, [small, large]: [number, number]): number {
  let [best, least] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < 5 && best > MAX_GROWTH; attempt += 1) {
    const largeMs = cpuMs(() => work(repeated(piece, large)));
    least = Math.min(least, largeMs);
    best =
      least /
      Math.max(
        MEASURABLE_MS,
        cpuMs(() => work(repeated(piece, small))),
      );
  }
  return best;
}

const parser = createParser();

/** Reads a text as the page does: its blocks, and then the text of each. */
function readMarkdown(text: string): void {
  const { blocks, definitions } = splitText(text, parser);
  const visit = ({ kind, content, children }: Block): void => {
    if (kind === "text" || kind === "footnote") {
      for (const token of parser.inline(content, definitions)) findAddresses(token.content);
    }
    for (const child of children) visit(child);
  };
  for (const block of blocks) visit(block);
}

const session = { sessionId: "s", title: "", key: "k", createdAt: 1, epoch: "e" };

const readers: readonly [string, (text: string) => unknown][] = [
  ["reads Markdown", readMarkdown],
  ["finds addresses", findAddresses],
  ["separates thoughts", splitThoughts],
  ["separates thoughts that go on", (text) => splitThoughts(`<think>${text}`)],
  ["reads a program's output", outputPieces],
  ["shortens a title", startOf],
  ["names a file", (text) => fileNameOf(text, "markdown")],
  ["marks a search", (text) => findMatches(text, "ab")],
  ["marks a search for the text's own beginning", (text) => findMatches(text, text.slice(0, 3))],
  ["compares a text with another one", (text) => diffLines(text, text.replaceAll("a", "b"))],
  [
    "exports a message",
    (text) =>
      toMarkdown(
        { ...session, title: text },
        { messages: [{ role: "user", content: text, seq: 1, id: "m", timestamp: 1 }], runEnds: [] },
        english,
      ),
  ],
];

describe("in linear time, a text of one repeated piece", () => {
  test.each(readers)("%s", (_, read) => {
    const slow = pieces
      .map((piece) => ({ piece, growth: growth(read, piece, [SMALL, LARGE]) }))
      .filter((one) => one.growth > MAX_GROWTH);

    expect(slow).toEqual([]);
  });
});
