import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { typeCheck } from "./type-check.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("every program in a README compiles", async () => {
  const ofPackages = readdirSync(`${root}packages`).map((name) => `packages/${name}/README.md`);
  const names = ["README.md", "README.zh-CN.md", ...ofPackages].filter((name) => existsSync(root + name));
  const readmes = new Map(names.map((name) => [name, readFileSync(root + name, "utf8")]));

  expect(await typeCheck(readmes)).toEqual([]);
});

test("a program that does not compile is named with its line in the README", async () => {
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
