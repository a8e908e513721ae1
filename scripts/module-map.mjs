#!/usr/bin/env node
// Draws the imports between packages, and between the rooms of each package, into
// docs/module-map.md. With `--check`, it fails if the page is out of date or a room is not listed.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import rooms from "../rooms.cjs";

const FILE = "docs/module-map.md";

const text = `# Module map

Drawn from the sources by \`pnpm run docs:map\`. CI fails when the page is out of date. The rules
behind the pictures are in [.dependency-cruiser.cjs](../.dependency-cruiser.cjs), and the order of
the rooms is in [rooms.cjs](../rooms.cjs).

## Packages

${draw(["packages", "examples/mini-openclaw"], "^(packages|examples)/[^/]+/(src|page)/", "^(packages|examples)/[^/]+")}
${Object.keys(rooms).map(drawRooms).join("\n")}`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  console.error(`${FILE} is out of date: run \`pnpm run docs:map\``);
  process.exit(1);
}

/** @param {string} folder */
function drawRooms(folder) {
  const listed = rooms[folder] ?? [];
  const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const unknown = found.map(({ name }) => name).filter((name) => name !== "styles" && !listed.includes(name));
  if (unknown.length > 0) {
    console.error(`rooms.cjs: \`${folder}\` must list ${unknown.join(", ")}.`);
    process.exit(1);
  }
  const paths = `^${folder}/(${listed.join("|")})/`;
  return `## ${folder}

From top to bottom: ${listed.map((name) => `\`${name}\``).join(", ")}. Entry files in the top folder import
any of them.

${draw([folder], paths, `^${folder}/[^/]+`)}`;
}

/**
 * Returns a Mermaid graph with one box for each folder that matches `collapse`.
 *
 * @param {readonly string[]} paths
 * @param {string} include
 * @param {string} collapse
 */
function draw(paths, include, collapse) {
  const options = ["--output-type", "mermaid", "--include-only", include, "--collapse", collapse];
  const drawn = execFileSync("pnpm", ["exec", "depcruise", ...paths, ...options], { encoding: "utf8" });
  return `\`\`\`mermaid\n${drawn.trim()}\n\`\`\`\n`;
}
