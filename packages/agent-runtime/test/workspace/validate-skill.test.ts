import { expect, test } from "vitest";
import { validateSkill } from "../../src/index.ts";

const front = (...lines: string[]) => ["---", ...lines, "---", "# How", ""].join("\n");
const good = ["name: pdf-tools", "description: Reads PDFs."];

test.each([
  ["the two fields it must have", good],
  [
    "every field it may have",
    [
      ...good,
      "license: MIT",
      "compatibility: Needs Python",
      "metadata:\n  author: me",
      "allowed-tools: bash read_file",
      "user-invocable: true",
      "disable-model-invocation: false",
    ],
  ],
])("a skill with %s is valid", async (_, lines) => {
  expect(await validateSkill(front(...lines), "pdf-tools")).toEqual([]);
});

test.each([
  ["no front matter", "# How", ["it does not begin with front matter between two lines `---`"]],
  ["broken YAML", front("name: a: b"), [expect.stringMatching(/^its front matter is not valid YAML/)]],
  [
    "nothing in it",
    front("{}"),
    [
      "`name` is missing: a text of 1 to 64 characters is needed",
      "`description` is missing: a text of 1 to 1024 characters is needed",
    ],
  ],
  [
    "a name that is a number",
    front("name: 7", "description: x"),
    ["`name` is not a text: a text of 1 to 64 characters is needed"],
  ],
  [
    "another name than its folder",
    front("name: pdf", "description: x"),
    ['`name` is "pdf", its folder "pdf-tools": they must agree'],
  ],
  ...["PDF", "-pdf", "pdf-", "p--df", "p df", "pdf_tools"].map((name): [string, string, unknown[]] => [
    `the name ${name}`,
    front(`name: ${name}`, "description: x"),
    [`\`name\` is "${name}": lower-case letters and digits are allowed, single hyphens between them`],
  ]),
  [
    "an empty description",
    front("name: pdf-tools", 'description: " "'),
    ["`description` is empty: a text of 1 to 1024 characters is needed"],
  ],
  [
    "a description that is too long",
    front("name: pdf-tools", `description: ${"x".repeat(1025)}`),
    ["`description` has 1025 characters: a text of 1 to 1024 characters is needed"],
  ],
  [
    "metadata that is not flat",
    front(...good, "metadata:\n  a:\n    b: c"),
    ["`metadata` is not a list of `key: text`"],
  ],
  ["a license that is no text", front(...good, "license: 3"), ["`license` is not a text: a text is needed"]],
  [
    "a field that does not exist",
    front(...good, "descripton: x"),
    [expect.stringMatching(/^`descripton` is no field of a skill; allowed are name, description, /)],
  ],
])("a skill with %s gets its faults", async (_, text, faults) => {
  expect(await validateSkill(text, "pdf-tools")).toEqual(faults);
});
