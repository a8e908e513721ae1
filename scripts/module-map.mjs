#!/usr/bin/env node
// Draws which package imports which into docs/module-map.md, from the sources. With `--check`, fails if it is out of date.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const FILE = "docs/module-map.md";

const drawn = execFileSync(
  "pnpm",
  [
    ...["exec", "depcruise", "packages", "examples/mini-openclaw", "--output-type", "mermaid"],
    ...["--include-only", "^(packages|examples)/[^/]+/(src|page)/"],
    ...["--collapse", "^(packages|examples)/[^/]+"],
  ],
  { encoding: "utf8" },
);
const text = `# Module map

Which package imports which, drawn from the sources by \`pnpm run docs:map\`; CI fails when it is out of date. The rules behind the
picture are in [.dependency-cruiser.cjs](../.dependency-cruiser.cjs).

\`\`\`mermaid
${drawn.trim()}
\`\`\`
`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  console.error(`${FILE} is out of date: run \`pnpm run docs:map\``);
  process.exit(1);
}
