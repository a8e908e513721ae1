import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, whyNoBrowser } from "./browser.ts";

const pageFolder = fileURLToPath(new URL("../../packages/web-chat/page", import.meta.url));

/**
 * The page's reader of Markdown alone: what it shows while a text comes in pieces, and what of the
 * text at once.
 */
const program = `
  import { chooseTexts } from "./language/choose-texts.ts";
  import { createMarkdownRenderer } from "./markdown/markdown-view.ts";

  // No text takes so long that the next piece would have to wait.
  let [now, readMs] = [0, 0];
  performance.now = () => (now += readMs);
  let onLate = () => {};
  const renderer = createMarkdownRenderer({
    texts: chooseTexts(["en"]),
    highlighter: { highlight() {} },
    onAnnounce() {},
    onLate(update) {
      update();
      onLate();
    },
  });
  function view() {
    const root = document.createElement("div");
    const shown = renderer.attach(root);
    const html = () => root.innerHTML.replaceAll(/ class="(?:off-screen)?"| off-screen/g, "");
    const show = (text, isComplete) => {
      shown.update(text, isComplete);
      return html();
    };
    return Object.assign(show, { html });
  }
  window.countLateSteps = async (text) => {
    const whole = view()(text, true);
    // Now each step takes a millisecond, so that the next one waits.
    readMs = 1;
    const show = view();
    show(text.slice(0, 9), false);
    let shown = show(text, true);
    let count = 0;
    for (; shown !== whole; count += 1) {
      await new Promise((resolve) => (onLate = resolve));
      shown = show.html();
    }
    readMs = 0;
    return count;
  };
  window.firstDifference = ({ text, lengths, mayCompareHalf }) => {
    const show = view();
    for (let [end, index] = [0, 0]; end < text.length; index += 1) {
      end += lengths[index % lengths.length];
      const piece = text.slice(0, end);
      const grown = show(piece, false);
      const whole = mayCompareHalf ? view()(piece, false) : grown;
      if (grown !== whole) return { piece, grown, whole };
    }
    const [grown, whole] = [show(text, true), view()(text, true)];
    return grown === whole ? undefined : { piece: text, grown, whole };
  };
`;

interface Pieces {
  readonly text: string;
  /** Of the pieces in which the text comes, again and again. */
  readonly lengths: readonly number[];
  /** True if the text must look right after each piece as well. */
  readonly mayCompareHalf: boolean;
}

const indent = fc.constantFrom("", "", "", "", " ", "  ", "   ", "    ", "      ", "\t");
const sign = fc.constantFrom(
  "- ",
  "- ",
  "- ",
  "* ",
  "+ ",
  "1. ",
  "2. ",
  "10) ",
  "-",
  "1.",
  "-   ",
  "- [ ] ",
  "- [x] ",
  "> ",
  "# ",
);
const words = fc.constantFrom(
  ...[
    "words",
    "*stress* and `code`",
    "**a",
    "b**",
    "a [link](https://example.com)",
    "[named]",
    "<b>html</b>",
    "",
    " ",
  ],
  ...[
    "```",
    "```ts",
    "---",
    "===",
    "- - -",
    "| a | b |",
    "|---|---|",
    "a | b",
    "x  ",
    "\\",
    "~~~",
    "![i](https://example.com/i)",
    "<details>",
    "<details open>",
    "<summary>**more**</summary>",
    "</details>",
    "$$",
    "\\[ x",
    "\\]",
  ],
);
const line = fc.tuple(indent, fc.oneof(sign, fc.constant("")), words).map((parts) => parts.join(""));
/** Mostly items, one under the other; now and then anything. */
const lines = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(
      words.map((text) => `- ${text}`),
      { minLength: 1, maxLength: 6 },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.array(
      fc.nat(99).map((number) => `${number}. item`),
      { minLength: 1, maxLength: 6 },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        words.map((text) => `| ${text} | 2 |`),
        { minLength: 1, maxLength: 6 },
      )
      .map((rows) => ["| a | b |", "| --- | ---: |", ...rows]),
  },
  { weight: 3, arbitrary: fc.array(line, { minLength: 1, maxLength: 4 }) },
  { weight: 2, arbitrary: fc.constant([""]) },
  { weight: 1, arbitrary: fc.constant(["[named]: https://example.com/named"]) },
);
const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
/** Anything, run together in any way: only the whole of it is to look right. */
const wild = fc.record({
  text: fc.array(lines, { minLength: 1, maxLength: 6 }).map((parts) => parts.flat().join("\n")),
  lengths,
  mayCompareHalf: fc.constant(false),
});
const wordsAlone = fc.constantFrom(
  "words",
  "*stress* and `code`",
  "a [link](https://example.com)",
  "- [x] done",
  "",
);
const tameItems = fc
  .tuple(
    fc.constantFrom("- ", "* ", "1. ", "7) "),
    fc.array(fc.tuple(fc.constantFrom("", "", "   ", "\n"), wordsAlone), { minLength: 1, maxLength: 9 }),
  )
  .map(([bullet, items]) => items.map(([before, text]) => `${before}${bullet}${text}`));
const tameTable = fc
  .array(wordsAlone, { minLength: 1, maxLength: 8 })
  .map((rows) => ["| a | b |", "| --- | ---: |", ...rows.map((text) => `| ${text} | 2 |`)]);
const tameWords = fc
  .constantFrom(
    ...["words", "## heading", "> quote", "```ts\nconst claw = 1;\n```", "**words**\nand more"],
    "<details>\n<summary>more</summary>\n\n- item\n\nwords\n\n</details>",
    ...["$$\na = b\n\nc = d\n\n\ne = f\n$$", "\\[ a\n\nb \\]"],
  )
  .map((one) => [one]);
/** Texts as models write them, with empty lines between the blocks. Half of one looks right too. */
const tame = fc.record({
  text: fc
    .array(fc.oneof({ weight: 3, arbitrary: tameItems }, tameTable, tameWords), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.map((part) => part.join("\n")).join("\n\n")),
  lengths,
  mayCompareHalf: fc.constant(true),
});
const pieces: fc.Arbitrary<Pieces> = fc.oneof(tame, wild);

describe.skipIf(whyNoBrowser)("a text that comes in pieces", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: pageFolder, loader: "ts" },
      conditions: ["@mini-openclaw/source"],
      ...{
        bundle: true,
        write: false,
        format: "iife",
        platform: "browser",
        target: "es2022",
        tsconfigRaw: {},
      },
    });
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? "" });
  });
  afterAll(() => browser?.close());

  const firstDifference = (texts: readonly Pieces[]) =>
    page.evaluate((all) => {
      const { firstDifference: find } = window as unknown as { firstDifference: (one: Pieces) => unknown };
      return all.map((one) => find(one)).find((difference) => difference !== undefined);
    }, texts);

  test("looks as if it had come at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { minLength: 1, maxLength: 20 }), async (texts) => {
        expect(await firstDifference(texts)).toBeUndefined();
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test("is completed in steps if much of it came at the end", async () => {
    const text = "words of an answer\n\n".repeat(1000);
    const count = await page.evaluate((all) => {
      const { countLateSteps } = window as unknown as { countLateSteps: (text: string) => Promise<number> };
      return countLateSteps(all);
    }, text);

    expect(count).toBeGreaterThanOrEqual(10);
  });

  test.each([
    ["bullets", (index: number) => `- item ${index} with *stress*\n`],
    ["numbers", (index: number) => `${index + 7}. item ${index}\n`],
    ["empty lines between", (index: number) => `- item ${index}\n\n`],
    ["an empty line, late", (index: number) => `- item ${index}\n${index === 300 ? "\n" : ""}`],
    ["lists in a list", (index: number) => `${index % 3 === 0 ? "- top" : "  1. item"} ${index}\n`],
    ["code in a list", (index: number) => `1. item\n\n   \`\`\`ts\n   const claw = ${index};\n   \`\`\`\n`],
    ["numbers that are all the same", (index: number) => `1. item ${index}\n`],
    ["Chinese, with line breaks of Windows", (index: number) => `- **第${index}项：**说明\r\n`],
    ["a quote", (index: number) => `> words ${index}\n${index % 3 === 0 ? ">\n" : ""}`],
    ["a table", (index: number) => `${index === 0 ? "| a | b |\n|---|--:|\n" : ""}| ${index} | *b* |\n`],
  ])("of many items or rows looks the same when it is complete: %s", async (_, itemAt) => {
    const items = Array.from({ length: 900 }, (__, index) => itemAt(index)).join("");
    const texts = [items, `${items}\nand then *that*`].map((text) => ({
      text,
      lengths: [7, 100, 33],
      mayCompareHalf: false,
    }));

    expect(await firstDifference(texts)).toBeUndefined();
  });

  test.each([
    ["numbers", (index: number) => `${index + 7}. item ${index}\n`],
    ["Chinese", (index: number) => `- **第${index}项：**说明\r\n`],
    ["several lines", (index: number) => `* item ${index}\n  and more\n\n  - inner\n`],
    ["quotes", (index: number) => `> words ${index}\n>\n`],
    ["a table", (index: number) => `${index === 0 ? "| a | b |\n|---|--:|\n" : ""}| ${index} | *b* |\n`],
    ["a list in a list", (index: number) => `${index % 90 === 0 ? "2. top\n" : ""}   7) item ${index}\n`],
    ["a list in a task", (index: number) => `${index === 0 ? "- [ ] top\n" : ""}  - item ${index}\n`],
    [
      "a list in two items of a line",
      (index: number) => `${index === 0 ? "- 1. " : "     "}- item ${index}\n`,
    ],
    ["a list in a quote in a list", (index: number) => `${index === 0 ? "* > " : "  > "}- item ${index}\n`],
    ["lists of all depths", (index: number) => `${"  ".repeat(index % 5)}- item ${index}\n`],
  ])("of more items than one block has looks right after each piece: %s", async (_, itemAt) => {
    const text = `${Array.from({ length: 130 }, (__, index) => itemAt(index)).join("")}\nwords`;

    expect(await firstDifference([{ text, lengths: [7, 31, 64], mayCompareHalf: true }])).toBeUndefined();
  });
});
