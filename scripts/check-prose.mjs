#!/usr/bin/env node
// Checks comments, error texts, test titles, Markdown pages, file lengths and room sizes.
// Without arguments it checks the paths below. With paths, it checks those. With --wrap and
// paths, it wraps long comments and Markdown paragraphs first.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { checkComment, checkErrorText, checkMarkdown, checkTitle } from "./prose/rules.mjs";
import { readSource } from "./prose/source-text.mjs";
import { wrapComments, wrapMarkdown } from "./prose/wrap.mjs";

// Add a path when it has no faults left. All paths are held at the end.
const HELD = [
  // One path per line, so that two changes rarely meet.
  "AGENTS.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "PROTOCOL.md",
  "README.md",
  "README.zh-CN.md",
  "SECURITY.md",
  "benchmarks",
  "docs/decisions",
  "docs/explained",
  "docs/glossary.md",
  "docs/learn",
  "docs/operate",
  "examples",
  "packages/agent-runtime",
  "packages/ai-sdk",
  "packages/client",
  "packages/gateway",
  "packages/openclaw-dialect",
  "packages/postgres",
  "packages/protocol",
  "packages/session-store",
  "packages/web-chat",
  "scripts",
  "tests/browser",
  "tests/e2e",
  "tests/examples",
  "tests/neighbours",
  "tests/openclaw",
  "tests/operate",
  "tests/readme",
  "tests/surface",
];

// A longer file has more than one subject.
const MAX_LINES = 300;
// A reader can remember about so many names.
const MAX_NAMES = 12;
// The top of a package has its rooms, and a file for each entry point.
const MAX_ROOMS = 15;

const given = process.argv.slice(2).filter((argument) => argument !== "--wrap");
const wraps = given.length > 0 && process.argv.includes("--wrap");
const paths = given.length > 0 ? given : HELD;
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...paths], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(?:ts|mts|mjs|js|md)$/.test(file) && !file.includes("CHANGELOG"));

/** @type {string[]} */
const faults = [];
const folders = new Set();
for (const file of new Set(files)) {
  const text = wraps ? wrap(file) : readFileSync(file, "utf8");
  const isTest = /(?:^|\/)tests?\//.test(file);
  const isSource = /(?:^|\/)(?:src|page)\//.test(file);
  for (const [line, fault] of check(file, text, isTest)) faults.push(`${file}:${line + 1}: ${fault}`);
  const lines = text.split("\n").length - 1;
  if (!file.endsWith(".md") && !isTest && lines > MAX_LINES) faults.push(`${file}: has ${lines} lines`);
  if (isSource) folders.add(dirname(file));
}
for (const folder of folders) {
  const isTop = /^packages\/[^/]+\/(?:src|page)$/.test(folder);
  const entries = readdirSync(folder, { withFileTypes: true });
  const names = entries.filter(({ name }) => !name.endsWith(".html") && !name.endsWith(".css"));
  const rooms = isTop ? names.filter((entry) => entry.isDirectory()) : [];
  if (rooms.length > MAX_ROOMS) faults.push(`${folder}: has ${rooms.length} rooms`);
  const others = names.length - rooms.length;
  if (others > MAX_NAMES) faults.push(`${folder}: has ${others} names`);
}

if (faults.length > 0) {
  console.error(`${faults.join("\n")}\n\n${faults.length} faults. CONTRIBUTING.md has the rules.`);
  process.exit(1);
}

/**
 * Wraps a file and returns its new text.
 *
 * @param {string} file
 */
function wrap(file) {
  const before = readFileSync(file, "utf8");
  const after = file.endsWith(".md") ? wrapMarkdown(before) : wrapComments(before);
  if (after !== before) writeFileSync(file, after);
  return after;
}

/**
 * @param {string} file
 * @param {string} text
 * @param {boolean} isTest
 * @returns {[line: number, fault: string][]}
 */
function check(file, text, isTest) {
  if (file.endsWith(".md")) return checkMarkdown(text);
  const { comments, errorTexts, testTitles } = readSource(text);
  return [
    ...comments.flatMap(checkComment),
    ...(isTest ? testTitles.flatMap(checkTitle) : errorTexts.flatMap(checkErrorText)),
  ];
}
