#!/usr/bin/env node
// Prints figures about the structure of a checkout, as a Markdown table. The argument is the
// checkout, or the current directory.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import ts from "typescript";
import { MAX_COLUMNS } from "./prose/rules.mjs";
import { readSource } from "./prose/source-text.mjs";

const [root = "."] = process.argv.slice(2);
const SMALL_LINES = 30;

const rows = readdirSync(join(root, "packages"))
  .sort()
  .map((name) => figuresOf(name, join(root, "packages", name, name === "web-chat" ? "page" : "src")));
const columns = Object.keys(rows[0] ?? {});
console.log(`| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`);
for (const row of rows) console.log(`| ${Object.values(row).join(" | ")} |`);

/**
 * @param {string} name
 * @param {string} folder
 */
function figuresOf(name, folder) {
  const files = sourcesIn(folder);
  const texts = files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
  const arrows = roomArrows(folder, texts);
  const comments = texts.flatMap(({ text }) => readSource(text).comments);
  const docs = comments.filter(({ isDoc }) => isDoc);
  const [fields, owner] = mostMutableFields(texts);
  return {
    package: name,
    files: files.length,
    "names at the top": readdirSync(folder).filter((one) => !/\.(?:css|html|json)$/.test(one)).length,
    "most names in a room": Math.max(...roomSizes(folder)),
    levels: levelsOf(arrows),
    arrows: [...arrows.values()].reduce((sum, targets) => sum + targets.size, 0),
    "most mutable fields": `${fields} (${owner})`,
    "files under 30 lines": texts.filter(({ text }) => isSmall(text)).length,
    "doc lines": docs.reduce((sum, { text }) => sum + text.split("\n").length, 0),
    "comment lines over 100 columns": comments.reduce((sum, comment) => sum + longLines(comment), 0),
    "begin with What/Whether/Who/How": comments.filter(({ text }) =>
      /^(?:\/\*\*\s*(?:\*\s*)?|\/\/\s*)(?:What|Whether|Who|How)\b/.test(text),
    ).length,
  };
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /\.ts$/.test(entry.name) && !/\.d\.ts$/.test(entry.name) ? [path] : [];
  });
}

/**
 * @param {string} folder
 * @returns {number[]}
 */
function roomSizes(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const rooms = entries.filter((entry) => entry.isDirectory() && entry.name !== "styles");
  const own = entries.filter(({ name }) => !/\.(?:css|html|json)$/.test(name)).length;
  return [own, ...rooms.flatMap(({ name }) => roomSizes(join(folder, name)))];
}

/**
 * Returns the imports between the names at the top of a folder, which are files or rooms.
 *
 * @param {string} folder
 * @param {readonly { file: string, text: string }[]} texts
 */
function roomArrows(folder, texts) {
  /** @type {Map<string, Set<string>>} */
  const arrows = new Map();
  for (const { file, text } of texts) {
    const from = topOf(folder, file);
    const targets = arrows.get(from) ?? new Set();
    arrows.set(from, targets);
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const path = join(dirname(file), fileName);
      if (relative(folder, path).startsWith("..") || !statSync(path, { throwIfNoEntry: false })) continue;
      const to = topOf(folder, path);
      if (to !== from) targets.add(to);
    }
  }
  return arrows;
}

/**
 * @param {string} folder
 * @param {string} file
 */
function topOf(folder, file) {
  return relative(folder, file).split("/")[0] ?? "";
}

/**
 * Returns the length of the longest chain of imports.
 *
 * @param {Map<string, Set<string>>} arrows
 */
function levelsOf(arrows) {
  /** @type {Map<string, number>} */
  const known = new Map();
  /**
   * @param {string} name
   * @param {readonly string[]} path
   * @returns {number}
   */
  const levelOf = (name, path) => {
    const level = known.get(name);
    if (level !== undefined) return level;
    if (path.includes(name)) return 0;
    const below = [...(arrows.get(name) ?? [])].map((to) => levelOf(to, [...path, name]));
    const own = 1 + Math.max(0, ...below);
    known.set(name, own);
    return own;
  };
  return Math.max(0, ...[...arrows.keys()].map((name) => levelOf(name, [])));
}

/**
 * Returns the greatest number of fields in a class that are not `readonly`, and the name of the
 * class.
 *
 * @param {readonly { file: string, text: string }[]} texts
 * @returns {[number, string]}
 */
function mostMutableFields(texts) {
  /** @type {[number, string]} */
  let most = [0, "none"];
  for (const { file, text } of texts) {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (ts.isClassDeclaration(node)) {
        const fields = node.members.filter((one) => ts.isPropertyDeclaration(one) && isMutable(one)).length;
        if (fields > most[0]) most = [fields, node.name?.text ?? "anonymous"];
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return most;
}

/** @param {ts.PropertyDeclaration} field */
function isMutable(field) {
  const kinds = (field.modifiers ?? []).map(({ kind }) => kind);
  const isFixed =
    kinds.includes(ts.SyntaxKind.ReadonlyKeyword) || kinds.includes(ts.SyntaxKind.StaticKeyword);
  // A public method in the form of a field never changes.
  const isMethod =
    !ts.isPrivateIdentifier(field.name) && field.initializer && ts.isArrowFunction(field.initializer);
  return !isFixed && !isMethod;
}

/** @param {string} text */
function isSmall(text) {
  const hasCode = /^(?:export )?(?:async )?(?:function|class|const|let)\b/m.test(text);
  return hasCode && text.trimEnd().split("\n").length < SMALL_LINES;
}

/** @param {{ column: number, text: string }} comment */
function longLines({ column, text }) {
  return text.split("\n").filter((line, index) => line.length + (index === 0 ? column : 0) > MAX_COLUMNS)
    .length;
}
