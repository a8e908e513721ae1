import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

test.each(["ai-sdk", "openclaw-dialect"])("the README of %s names tests that exist", (name) => {
  const folder = new URL(`packages/${name}/`, root);
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  const named = [...readme.matchAll(/`((?:tests?)\/[^`]+\.test\.ts)`: "([^"]+)"/g)];
  const missing = named.filter(([, path = "", title = ""]) => {
    const file = new URL(path, path.startsWith("tests/") ? root : folder);
    return !existsSync(file) || !readFileSync(file, "utf8").includes(title);
  });

  expect(missing.map(([text]) => text)).toEqual([]);
  expect(named.length).toBeGreaterThan(15);
});
