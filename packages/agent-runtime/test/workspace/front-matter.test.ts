import { expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { parseFrontMatter } from "../../src/workspace/front-matter.ts";

// mistake 5 of the tutorial
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
    fields: { description: "Does it." },
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
])("says what is wrong with %s, and keeps what it can read", (_, text, fields, fault) => {
  expect(parseFrontMatter(text, parse)).toEqual({ fields, fault: expect.stringMatching(fault) as string });
});
