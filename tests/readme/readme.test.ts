import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { deadLinks } from "../../docs/site/pages.mjs";
import { runProgram } from "./run-program.ts";
import { typeCheck } from "./type-check.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const pagesIn = (folder: string) =>
  readdirSync(root + folder).flatMap((name) => (/^[^R].*\.md$/.test(name) ? [`${folder}/${name}`] : []));
const essays = [
  "docs/explained",
  "docs/learn",
  "docs/learn/guides",
  "docs/learn/zh",
  "docs/learn/zh/guides",
].flatMap(pagesIn);

test.each(essays)("the program in %s prints what its comments promise", async (name) => {
  const markdown = readFileSync(root + name, "utf8");
  const promised = [...markdown.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

  expect(promised.length).toBeGreaterThan(0);
  expect(await runProgram(markdown)).toEqual(promised);
});

test("every program in a README or essay compiles", async () => {
  const ofPackages = readdirSync(`${root}packages`).map((name) => `packages/${name}/README.md`);
  const names = [
    ...["README.md", "README.zh-CN.md", "docs/model-servers.md"],
    ...ofPackages,
    ...essays,
  ].filter((name) => existsSync(root + name));
  const readmes = new Map(names.map((name) => [name, readFileSync(root + name, "utf8")]));

  expect(await typeCheck(readmes)).toEqual([]);
});

test("every relative link of a Markdown file leads to a file or a heading of the repository", () => {
  expect(deadLinks()).toEqual([]);
});

test("names links to files and headings that do not exist", async () => {
  const folder = await mkdtemp(join(tmpdir(), "links-"));
  const good = "[a](#two-words-1) [b](other.md#über-uns) [c](other.md) `[d](none.md)`";
  const bad = "[a](#two-words-2) [b](other.md#none) [c](none.md) ![d](none.png)";
  try {
    await writeFile(join(folder, "good.md"), `# Two words\n## Two words\n${good}`);
    await writeFile(join(folder, "bad.md"), `# Two words\n${bad}`);
    await writeFile(join(folder, "other.md"), "# Über uns!\n```md\n# None\n```\n");

    expect(deadLinks(folder)).toEqual(
      ["#two-words-2", "other.md#none", "none.md", "none.png"].map((link) => `bad.md: ${link}`),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("names the line of a program that does not compile", async () => {
  const markdown = [
    "# Two programs",
    "```ts",
    'import { GatewayServer } from "@mini-openclaw/gateway";',
    "const port = 3210;",
    "```",
    "```ts",
    "await new GatewayServer({}).listen({ port: `${port}` });",
    "```",
    "<!-- another program -->",
    "```sh",
    "this is no TypeScript",
    "```",
    "```ts",
    "console.log(port);",
    "```",
  ].join("\n");

  const complaints = await typeCheck(
    new Map([
      ["good.md", "```ts\nconsole.log(1);\n```"],
      ["bad.md", markdown],
    ]),
  );

  expect(complaints).toEqual([
    "bad.md:7: error TS2739: Type '{}' is missing the following properties from type 'GatewayOptions': store, agent",
    "bad.md:7: error TS2322: Type 'string' is not assignable to type 'number'.",
    "bad.md:14: error TS2304: Cannot find name 'port'.",
  ]);
});
