import type { Token } from "markdown-it";
import { describe, expect, test } from "vitest";
import { findAddresses } from "../page/markdown/syntax/addresses.ts";
import type { Block } from "../page/markdown/syntax/block.ts";
import { hasDefinitions, splitAppended, splitText } from "../page/markdown/syntax/blocks.ts";
import { createParser } from "../page/markdown/syntax/parser.ts";
import { splitThoughts } from "../page/markdown/syntax/thoughts.ts";

const parser = createParser();

/**
 * The inline tokens of a text, one word each: `strong(…)`, `link[address](…)`, `code(…)`,
 * `math(…)`.
 */
function inlineOf(text: string): string {
  return parser.inline(text, {}).map(toWord).join("");
}

function toWord(token: Token): string {
  const { type, tag, content } = token;
  if (type === "link_open") return `<${String(token.attrGet("href"))}>(`;
  if (type.endsWith("_open")) return `${tag}(`;
  if (type.endsWith("_close")) return ")";
  if (type === "code_inline") return `code(${content})`;
  if (type.startsWith("math")) return `math(${content})`;
  if (type === "softbreak") return "\n";
  return content;
}

describe("emphasis", () => {
  test.each([
    ["**安装：**先装依赖", "strong(安装：)先装依赖"],
    ["他说**“你好”**然后走了。", "他说strong(“你好”)然后走了。"],
    ["增长了**50%**左右", "增长了strong(50%)左右"],
    ["使用**`npm start`**启动", "使用strong(code(npm start))启动"],
    ["**注意（重要）**：不要删除", "strong(注意（重要）)：不要删除"],
    ["これは**「強調」**です", "これはstrong(「強調」)です"],
    ["**이것은(주의)**입니다", "strong(이것은(주의))입니다"],
    ["*「斜体」*文字", "em(「斜体」)文字"],
    ["~~旧价：~~新价", "s(旧价：)新价"],
    ["请看**[文档](https://a.example/b)**吧", "请看strong(<https://a.example/b>(文档))吧"],
    ["**$x$**是变量", "strong(math($x$))是变量"],
    ["***粗斜：***文字", "em(strong(粗斜：))文字"],
    ["**¥50**起，**５０％**以上", "strong(¥50)起，strong(５０％)以上"],
    ["**𠮷：**𠮷野家", "strong(𠮷：)𠮷野家"],
    ["🎉**注意！**别动", "🎉strong(注意！)别动"],
    ["**Q：**问\n**A：**答", "strong(Q：)问\nstrong(A：)答"],
    ["尺寸 10*20*30cm，周长 2*π*r", "尺寸 10*20*30cm，周长 2*π*r"],
    ["第1*重点*和*第2*点", "第1em(重点)和em(第2)点"],
    ["2 * 3 * 4 和 a*b", "2 * 3 * 4 和 a*b"],
    ["snake_case_name 与 __init__.py", "snake_case_name 与 strong(init).py"],
  ])("of %j is %j", (text, shown) => {
    // The dunder is CommonMark's own rule. It is here so that a change is noticed.
    expect(inlineOf(text)).toBe(shown);
  });

  test.each([
    "用时2~4小时，花费50~80元。",
    "好的~谢谢~",
    "2~~4小时",
    "H~2~O",
    "甲 ~~~乙~~~ 丙",
    "～～全角～～",
    "~/.config 和 ~/bin",
    "**未完",
    "a ~ b ~ c",
  ])("leaves %j as it is", (text) => {
    expect(inlineOf(text)).toBe(text);
  });
});

describe("a bare address", () => {
  test.each([
    ["先读 https://example.com/docs，再往下做。", "https://example.com/docs"],
    ["手册在https://example.com/docs（第二章）里", "https://example.com/docs"],
    ["详见https://example.com/docs里的说明", "https://example.com/docs"],
    ["“https://example.com/a”这个地址", "https://example.com/a"],
    ["https://example.com/a_(b)?c=d", "https://example.com/a_(b)?c=d"],
    ["(see https://example.com/a).", "https://example.com/a"],
    ["https://example.com/a。", "https://example.com/a"],
    ["https://zh.wikipedia.org/wiki/中文维基百科", "https://zh.wikipedia.org/wiki/中文维基百科"],
    ["https://example.com/?q=中文&n=1，好", "https://example.com/?q=中文&n=1"],
    ["https://example.com/a_b_c_d", "https://example.com/a_b_c_d"],
    ["https://例子.测试/路径", "https://例子.测试/路径"],
    ["打开 http://[::1]:3210/。", "http://[::1]:3210/"],
    ["https://example.com：端口", "https://example.com"],
    ["https://example.com/docs-中文-2，好", "https://example.com/docs-中文-2"],
    ["https://example.com/a\u200b，好", "https://example.com/a"],
    ["https://example.com/a\u202egnp", "https://example.com/a"],
    ["{address: https://example.com/a}", "https://example.com/a"],
    ["https://example.com/{id}/b", "https://example.com/{id}/b"],
    ["&lt;https://example.com/a&gt;", "https://example.com/a"],
    ["《https://example.com/a》", "https://example.com/a"],
    ["‹https://example.com/a› b", "https://example.com/a"],
    ["(见https://example.com/docs)里面", "https://example.com/docs"],
    ["[https://example.com/中文]里面", "https://example.com/中文"],
    ["见https://example.com/docs,然后再做", "https://example.com/docs"],
    ["见https://example.com/中文;然后再做", "https://example.com/中文"],
    ["https://example.com/wiki/東京_(曖昧)の歴史", "https://example.com/wiki/東京_(曖昧)の歴史"],
    ["https://example.com/docs→然后", "https://example.com/docs"],
    ["هل https://example.com/docs؟ ثم https://", "https://example.com/docs"],
    ["https://example.com/docs।", "https://example.com/docs"],
    ["https://example.com/docs[^1]", "https://example.com/docs"],
    ["https://example.com/a\\_b\\_c", "https://example.com/a_b_c"],
  ])("in %j is %j", (text, address) => {
    const links = parser.inline(text, {}).filter(({ type }) => type === "link_open");

    expect(links.map((token) => token.attrGet("href"))).toEqual([address]);
  });

  test("ends before the marks of an emphasis around it", () => {
    expect(inlineOf("**https://example.com/docs**，然后")).toBe(
      "strong(<https://example.com/docs>(https://example.com/docs))，然后",
    );
  });

  test.each([
    ["见www.example.com/a。", ["http://www.example.com/a"]],
    ["写信到 me@example.com，谢谢", ["mailto:me@example.com"]],
    ["awww.example.com", []],
    ["www. 和 @ 与 a@b", []],
    ["www.a.org and b@c.org", ["http://www.a.org", "mailto:b@c.org"]],
  ])("without a scheme in %j is %j", (text, addresses) => {
    expect(findAddresses(text).map(({ href }) => href)).toEqual(addresses);
  });

  test.each(["http://", "https:// example.com", "看://这里"])("is not found in %j", (text) => {
    expect(inlineOf(text)).toBe(text);
  });
});

describe("a formula", () => {
  test.each([
    ["面积是 \\(\\pi r^2\\)。", "面积是 math(\\(\\pi r^2\\))。"],
    ["其中$x_1$是变量", "其中math($x_1$)是变量"],
    ["$$a \\\\ b$$", "math($$a \\\\ b$$)"],
    ["\\[ a_1 + b_1 \\]", "math(\\[ a_1 + b_1 \\])"],
    ["\\(a*b*c\\)", "math(\\(a*b*c\\))"],
    ["CO$_2$排放，H$_2$O，x$^2$", "COmath($_2$)排放，Hmath($_2$)O，xmath($^2$)"],
    ["设$x$、$y$为（$x>0$）", "设math($x$)、math($y$)为（math($x>0$)）"],
    ["$v=5\\text{米}$", "math($v=5\\text{米}$)"],
    ["花费$5，公式$\\alpha$是", "花费$5，公式math($\\alpha$)是"],
    ["花费$5，设$(x)$", "花费$5，设math($(x)$)"],
    [
      "A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}。",
      "A = math(\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix})。",
    ],
    ["\\begin{cases*} x*y*z \\end{cases*}", "math(\\begin{cases*} x*y*z \\end{cases*})"],
  ])("of %j keeps its delimiters", (text, shown) => {
    expect(inlineOf(text)).toBe(shown);
  });

  test.each([
    "$5 and $6",
    "US$5，HK$6",
    "价格为$5/$10",
    "\\(open",
    "\\[open",
    "a $ b $ c",
    "$HOME/$USER",
    "\\begin{align} open",
    "\\begin{itemize} a \\end{itemize}",
  ])("is not found in %j", (text) => {
    expect(inlineOf(text)).toBe(text);
  });

  test("on lines of its own is a block, and an unclosed one is text", () => {
    expect(kindsOf("\\[\nx^2 \\\\\ny\n\\]\n\n$$\nz\n$$")).toEqual(["math", "math"]);
    expect(kindsOf("\\[\nx^2\n\ntext")).toEqual(["text", "text"]);
  });

  test.each([
    ["$$\na = b\n\nc = d\n$$", ["math"]],
    ["\\[ a \\\\\n\n\n b \\]\n\nText.", ["math", "text"]],
    ["- item\n\n  $$\n  a\n\n  b\n  $$\n\nText.", ["container", "text"]],
    ["\\begin{aligned}\na_1 &= b \\\\\n\nc_1 &= d\n\\end{aligned}\n\nText.", ["math", "text"]],
    ["Text:\n\\begin{align}\na\n\\end{align}", ["text", "math"]],
    ["\\begin{itemize}\na\n\\end{itemize}", ["text"]],
    ["$$\na\n\n# Heading\n\n$$", ["text", "text", "text"]],
    ["$$\na\n\n```\n$$\n```", ["text", "code"]],
    ["$$x$$ is text.\n\n$$\ny\n$$", ["text", "math"]],
    [`$$\na\n${"\nText.\n".repeat(25)}\n$$`, Array.from({ length: 27 }, () => "text")],
  ])("of %j may have empty lines inside", (text, kinds) => {
    expect(kindsOf(text)).toEqual(kinds);
  });
});

describe("blocks", () => {
  test("form a tree of lists, items and their texts", () => {
    const [list] = splitText("1. one\n2. two\n   - deep\n", parser).blocks;

    expect(list && outline(list)).toBe("ol(li(span:one) li(span:two ul(li(span:deep))))");
  });

  test("show a task with a box in front of its text", () => {
    const [list] = splitText("- [x] done\n- [ ] open\n- [y] none\n", parser).blocks;

    expect(list && outline(list)).toBe("ul(li.task(span:☑ done) li.task(span:☐ open) li(span:[y] none))");
  });

  test("include footnotes, whose references are found by their labels", () => {
    const { blocks, definitions } = splitText("Text[^1] and [^none].\n\n[^1]: More.", parser);

    expect(blocks.map(({ kind, content }) => [kind, content])).toEqual([
      ["text", "Text[^1] and [^none]."],
      ["footnote", "More."],
    ]);
    const tokens = parser.inline(blocks[0]?.content ?? "", definitions);
    expect(tokens.filter(({ type }) => type === "footnote_ref").map(({ content }) => content)).toEqual(["1"]);
  });

  test("of an appended text are the same objects, except for the tail", () => {
    const before = splitText("# One\n\nTwo.\n\n- three\n", parser);

    const after = splitAppended("# One\n\nTwo.\n\n- three\n- four\n", before, parser);

    expect(after.blocks.map((block, index) => block === before.blocks[index])).toEqual([true, true, false]);
    expect(after).toEqual(splitText("# One\n\nTwo.\n\n- three\n- four\n", parser));
  });

  test.each([
    ["ul", (index: number) => `- item ${index}\n`, ["", "", ""]],
    // The numbers of Markdown's items do not matter, except for the first one.
    ["ol", (index: number) => `${index === 0 ? 7 : 1}. item ${index}\n`, ["7", "57", "107"]],
    ["blockquote", (index: number) => `> words ${index}\n>\n`, ["", "", ""]],
  ])("of more than 50 parts are cut, and the next block continues the %s", (tag, partAt, details) => {
    const text = Array.from({ length: 120 }, (_, index) => partAt(index)).join("");
    const { blocks, starts } = splitText(text, parser);

    expect(
      blocks.map((block) => [block.tag, block.detail, block.children.length, block.isContinued]),
    ).toEqual([
      [tag, details[0], 50, false],
      [tag, details[1], 50, true],
      [tag, details[2], 20, true],
    ]);
    expect(starts.map((start) => /\d+$/m.exec(text.slice(start))?.[0])).toEqual(["0", "50", "100"]);
    expect(splitText(`${text}\nwords\n\n- other`, parser).blocks.slice(3).map(outline)).toEqual([
      "p:words",
      "ul(li(span:other))",
    ]);
  });

  test("that are cut keep their first parts when a text is appended", () => {
    const text = "1. item\n".repeat(120);
    const before = splitText(text, parser);
    const after = splitAppended(`${text}1. item\n`, before, parser);

    expect(after.blocks.map((block, index) => block === before.blocks[index])).toEqual([true, true, false]);
    expect(after).toEqual(splitText(`${text}1. item\n`, parser));
  });

  test("nested deeper than anybody writes do not overflow the stack", () => {
    expect(() => splitText(">".repeat(100_000), parser)).not.toThrow();
    expect(() => splitText("- ".repeat(50_000), parser)).not.toThrow();
  });

  test("report definitions of links and footnotes", () => {
    expect(
      ["text", "[a]: https://example.com", "[^a]: note"].map((text) =>
        hasDefinitions(splitText(text, parser)),
      ),
    ).toEqual([false, true, true]);
  });
});

describe("a folded part", () => {
  test.each([
    [
      "<details>\n<summary>More</summary>\n\n**Text**\n\n- item\n\n</details>\n\nAfter.",
      "details(summary:More p:**Text** ul(li(span:item))) p:After.",
    ],
    ["<details><summary>More</summary>Text</details>", "details(summary:More p:Text)"],
    ["<details open>\n<summary><b>更多</b></summary>\n内容\n</details>", "details.open(summary:更多 p:内容)"],
    ["<DETAILS>\n<summary>\nTwo\nlines\n</summary>\nText</DETAILS>", "details(summary:Two lines p:Text)"],
    ["<details>\nText\n</details>", "details(p:Text)"],
    ["<details>\n<summary>Mo", "details(summary:Mo)"],
    ["<details>\n<summary>More</summary>\n\n```ts\nlet a;\n", "details(summary:More pre:let a;\n)"],
    ["<details>\n\n```html\n</details>\n```\n\nText\n</details>", "details(pre:</details>\n p:Text)"],
    ["<details>\n`</details>` ends it.\n</details>", "details(p:`</details>` ends it.)"],
    ["<details>\nText\n</details> and more", "details(p:Text p:and more)"],
    [
      "<details>\n<summary>A</summary>\n<details>\n<summary>B</summary>\nb\n</details>\na\n</details>",
      "details(summary:A details(summary:B p:b) p:a)",
    ],
    ["- item\n  <details>\n  Text\n  </details>\n- next", "ul(li(span:item details(p:Text)) li(span:next))"],
    ["> <details>\n> <summary>Q</summary>\n> Text\n> </details>", "blockquote(details(summary:Q p:Text))"],
    ["<details style='position:fixed' ontoggle=alert(1)>\nText\n</details>", "details(p:Text)"],
    ["Text <details> in a line", "p:Text <details> in a line"],
    ["</details>", "p:</details>"],
    ["<detailsx>\nText", "p:<detailsx>\nText"],
  ])("of %j is a tree", (text, shown) => {
    expect(splitText(text, parser).blocks.map(outline).join(" ")).toBe(shown);
  });

  test("nested deeper than anybody unfolds is text inside", () => {
    const [block] = splitText(`${"<details>\n".repeat(30)}deep`, parser).blocks;

    expect(block && outline(block)).toMatch(/^(?:details[(]){20}p:(?:<details>\n){10}deep[)]{20}$/);
  });
});

describe("thoughts in front of an answer", () => {
  test.each([
    ["<think>Hm.</think>\n\nYes.", { thoughts: "Hm.", content: "Yes." }],
    ["\n<thinking>Hm.</thinking>Yes.", { thoughts: "Hm.", content: "Yes." }],
    ["<think>Hm", { thoughts: "Hm", content: "" }],
    ["<thi", { thoughts: "", content: "" }],
    ["<b>bold</b>", { thoughts: "", content: "<b>bold</b>" }],
    ["Use `<think>` here.", { thoughts: "", content: "Use `<think>` here." }],
    ["```\n<think>x</think>\n```", { thoughts: "", content: "```\n<think>x</think>\n```" }],
    ["", { thoughts: "", content: "" }],
  ])("of %j are separated", (text, split) => {
    expect(splitThoughts(text)).toEqual(split);
  });
});

function kindsOf(text: string): string[] {
  return splitText(text, parser).blocks.map(({ kind }) => kind);
}

function outline({ tag, detail, content, children }: Block): string {
  const name = ["task", "open"].includes(detail) ? `${tag}.${detail}` : tag;
  return children.length > 0 ? `${name}(${children.map(outline).join(" ")})` : `${name}:${content}`;
}
