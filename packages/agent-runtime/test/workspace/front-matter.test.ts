import { expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { parseFrontMatter } from "../../src/workspace/front-matter.ts";
import { cpuCost } from "../cpu-cost.ts";

test.each([
  ["dashes inside a value", "---\nname: a---b\n---\nbody", { name: "a---b" }],
  ["a rule in the body", "---\nname: a\n---\nbody\n---\nmore", { name: "a" }],
  ["quotes", '---\nname: "a: b"\n---\n', { name: "a: b" }],
  ["folded text", "---\ndescription: >\n  one\n  two\n---\n", { description: "one two\n" }],
  ["a byte-order mark", "\uFEFF---\nname: a\n---\n", { name: "a" }],
  ["Windows line ends", "---\r\nname: a\r\n---\r\nbody", { name: "a" }],
  ["spaces behind the dashes", "--- \nname: a\n---\t\n", { name: "a" }],
  ["no body", "---\nname: a\n---", { name: "a" }],
  ["lists", "---\nmetadata:\n  x: [1, 2]\n---\n", { metadata: { x: [1, 2] } }],
])("reads front matter with %s", (_, text, fields) => {
  expect(parseFrontMatter(text, parse)).toEqual({ fields });
});

test("a tag that YAML does not know is no matter for the process's warnings", () => {
  const warn = vi.spyOn(process, "emitWarning");
  onTestFinished(() => warn.mockRestore());
  expect(parseFrontMatter("---\ndescription: !new Does it.\n---\n", parse)).toEqual({
    fields: { description: "!new Does it." },
  });
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ["no front matter", "# Title", {}, /does not begin with front matter/],
  ["front matter that does not end", "---\nname: a\n", {}, /does not begin with front matter/],
  ["a first line that only begins with dashes", "----\nname: a\n---\n", {}, /does not begin/],
  ["a list instead of fields", "---\n- a\n---\n", {}, /not a list of `key: value`/],
  [
    "a colon in a plain value",
    "---\nname: a\ndescription: Use when: asked\n---\n",
    { name: "a", description: "Use when: asked" },
    /not valid YAML/,
  ],
])("reports the fault of %s, and keeps all that it can read", (_, text, fields, fault) => {
  expect(parseFrontMatter(text, parse)).toEqual({ fields, fault: expect.stringMatching(fault) as string });
});

test.each([
  ["behind a tab", "description:\tUse it.\n", "Use it."],
  ["behind a blank that does not break", "description:\u00a0Use it: always.\n", "Use it: always."],
  ["that begins with a YAML tag", "description: !important when asked\n", "!important when asked"],
  ["that begins with a YAML anchor", "description: &co when asked\n", "&co when asked"],
  ["that begins with a YAML alias", "description: *Use* it\n", "*Use* it"],
  ["with the number of an issue", "description: Issue #12 and more: yes\n", "Issue #12 and more: yes"],
  ["with a comment behind it", "description: Use it. # not this\n", "Use it."],
  ["in quotes with a comment behind it", 'description: "Use it." #not this\n', "Use it."],
  ["in quotes with a sign in them", 'description: "Issue #12"\n', "Issue #12"],
  ["that YAML reads as a number", "description: 42\n", "42"],
  ["that YAML reads as a truth", "description: true\n", "true"],
  ["that is a list", "description:\n  - Use it\n  - when asked\n", "Use it when asked"],
  ["behind a Chinese colon", "description：使用时：说明\n", "使用时：说明"],
  ["with a key in capitals", "Description: Use it.\n", "Use it."],
  ["with quotes that do not end", 'description: "Use it\n', '"Use it'],
  ["with quotes in quotes", 'description: "Use "this" now"\n', 'Use "this" now'],
  ["with lines that are indented oddly", "description: >-\n    Use it\n  now.\n", "Use it now."],
  ["indented by tabs", "description: >\n\tUse it\n\tnow.\n", "Use it now."],
  ["that occurs twice", "description: One.\ndescription: Two.\n", "Two."],
  ["beside a key that is no word", "🙂: x\ndescription: Use it 🙂.\n", "Use it 🙂."],
])("a description %s is its text", (_, yaml, description) => {
  expect(parseFrontMatter(`---\nname: a\n${yaml}---\n`, parse).fields["description"]).toBe(description);
});

test.each([
  ["old Mac line ends", "---\rname: a\rdescription: Use it.\r---\r"],
  ["blank lines before it", "\n \n---\nname: a\ndescription: Use it.\n---\n"],
  ["fields that are all indented", "---\n  name: a\n  description: Use it.\n---\n"],
  ["fields that are all indented and not YAML", "---\n  name: a\n  x: y: z\n  description: Use it.\n---\n"],
])("front matter with %s is read", (_, text) => {
  expect(parseFrontMatter(text, parse).fields).toMatchObject({ name: "a", description: "Use it." });
});

test("a description of nothing is none", () => {
  for (const value of ["", "~", "null"])
    expect(parseFrontMatter(`---\ndescription: ${value}\n---\n`, parse).fields["description"]).toBe(null);
});

const broken = "hint: [a] [b]\n";
test.each([
  [
    "over several lines",
    "description: Reads maps and\n  routes. Use when: asked,\n  or a place.\n",
    "Reads maps and routes. Use when: asked, or a place.",
  ],
  [
    "in a folded block",
    "description: >-\n  Makes a release.\n  Use when: asked.\n",
    "Makes a release. Use when: asked.",
  ],
  ["in a literal block", "description: |\n  One.\n  Two: three.\n", "One.\nTwo: three.\n"],
  ["in double quotes", 'description: "Use when: asked,\n  or \\"not\\"."\n', 'Use when: asked, or "not".'],
  ["in single quotes", "description: 'It''s when: asked.'\n", "It's when: asked."],
  ["on the next line", "description:\n  Use when: asked\n", "Use when: asked"],
  ["behind a blank line", "description:\n\n  Use when asked.\n", "Use when asked."],
  [
    "behind a comment",
    "description:\n  # why\n  Use when: asked, always: yes\n",
    "Use when: asked, always: yes",
  ],
  ["before the mark of a document's end", "description: Use when: asked\n...\n", "Use when: asked"],
])("a description %s is whole, whatever else is not YAML", (_, yaml, description) => {
  for (const text of [yaml, broken + yaml, yaml.includes("...") ? yaml : yaml + broken]) {
    expect(parseFrontMatter(`---\nname: a\n${text}---\nBody\n`, parse).fields["description"]).toBe(
      description,
    );
  }
});

test("fields that are YAML keep their types where another is not", () => {
  const text = `---\n${broken}disable-model-invocation: true\nmetadata:\n  x: "1"\n---\n`;
  expect(parseFrontMatter(text, parse).fields).toEqual({
    hint: "[a] [b]",
    "disable-model-invocation": true,
    metadata: { x: "1" },
  });
});

const blanks = (count: number) => " ".repeat(count);
test.each([
  ["in a field that is not YAML", (count: number) => `---\ndescription: a: b${blanks(count)}\n---\n`],
  [
    "in a field that holds nothing else",
    (count: number) => `---\na: b: c\ndescription: ${blanks(count)}\n---\n`,
  ],
  ["within a text", (count: number) => `---\ndescription: a: b${blanks(count)}c\n---\n`],
  ["behind the first dashes", (count: number) => `---${blanks(count)}x\n---\n`],
  ["behind dashes in every line", (count: number) => `---\n${`---${blanks(300)}x\n`.repeat(count / 300)}`],
  ["and nothing else", (count: number) => `---\n${blanks(count)}`],
])("a line of blanks costs time in proportion: %s", async (_, toText) => {
  const short = await cpuCost(() => parseFrontMatter(toText(30_000), parse));
  const long = await cpuCost(() => parseFrontMatter(toText(120_000), parse));
  // In proportion it is 4 times as much; with the square of the length 16 times, and seconds.
  expect(long).toBeLessThan(8 * short + 40);
});
