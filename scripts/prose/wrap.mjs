import { MAX_COLUMNS } from "./rules.mjs";
import { readSource } from "./source-text.mjs";

// A line that begins with one of these would become a list, a heading or a table.
const STARTS_A_BLOCK = /^(?:[-+*|>#]|\d+[.)])/;

/**
 * Returns the source with its long comments wrapped. Comments that are short enough stay as they
 * are.
 *
 * @param {string} source
 */
export function wrapComments(source) {
  const lines = source.split("\n");
  for (const { first, last, column, isDoc } of commentBlocks(lines, source).reverse()) {
    const own = lines.slice(first, last + 1);
    if (own.every((line) => line.length <= MAX_COLUMNS)) continue;
    lines.splice(first, own.length, ...(isDoc ? wrapDoc(own, column) : wrapLines(own, column)));
  }
  return lines.join("\n");
}

/**
 * Returns the comments that have lines of their own. Adjacent `//` lines are one block.
 *
 * @param {readonly string[]} lines
 * @param {string} source
 */
function commentBlocks(lines, source) {
  /** @type {{ first: number, last: number, column: number, isDoc: boolean }[]} */
  const blocks = [];
  for (const { line, column, text, isDoc } of readSource(source).comments) {
    const isAlone = lines[line]?.slice(0, column).trim() === "";
    if (!isAlone || !(isDoc || text.startsWith("// "))) continue;
    const before = blocks.at(-1);
    if (before && !isDoc && !before.isDoc && before.last === line - 1 && before.column === column) {
      before.last = line;
    } else blocks.push({ first: line, last: line + text.split("\n").length - 1, column, isDoc });
  }
  return blocks;
}

/**
 * @param {readonly string[]} lines
 * @param {number} column
 */
function wrapLines(lines, column) {
  const indent = `${" ".repeat(column)}// `;
  const text = lines.map((line) => line.replace(/^\s*\/\/\s*/, "")).join(" ");
  return wrapWords(text, MAX_COLUMNS - indent.length).map((line) => `${indent}${line}`);
}

/**
 * @param {readonly string[]} lines
 * @param {number} column
 */
function wrapDoc(lines, column) {
  const indent = " ".repeat(column);
  const content = lines
    .join("\n")
    .replace(/^\s*\/\*\*[ \t]*\n?/, "")
    .replace(/\n?[ \t]*\*\/$/, "")
    .replace(/ (?=@default )/g, "\n")
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const wrapped = wrapBlocks(content, MAX_COLUMNS - column - 3);
  return [`${indent}/**`, ...wrapped.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

/**
 * Returns the page with its long paragraphs and list items wrapped.
 *
 * @param {string} page
 */
export function wrapMarkdown(page) {
  return wrapBlocks(page.split("\n"), MAX_COLUMNS).join("\n");
}

/**
 * @param {readonly string[]} lines
 * @param {number} width
 */
function wrapBlocks(lines, width) {
  /** @type {string[]} */
  const wrapped = [];
  /** @type {string[]} */
  let block = [];
  let fence = "";
  const flush = () => {
    const isLong = block.some((line) => line.length > width);
    wrapped.push(...(isLong ? wrapBlock(block, width) : block));
    block = [];
  };
  for (const line of lines) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence !== "" || mark !== undefined) {
      if (fence === "") flush();
      wrapped.push(line);
      if (fence === "") fence = mark ?? "";
      else if (line.trim().startsWith(fence)) fence = "";
    } else if (line.trim() === "" || /^(?:#|\||<|>|---)/.test(line) || /[\u4e00-\u9fff]/.test(line)) {
      flush();
      wrapped.push(line);
    } else {
      if (/^\s*(?:[-*+]|\d+[.)]|@\w+) /.test(line)) flush();
      block.push(line);
    }
  }
  flush();
  return wrapped;
}

/**
 * @param {readonly string[]} block
 * @param {number} width
 */
function wrapBlock(block, width) {
  const marker = /^\s*(?:(?:[-*+]|\d+[.)]) +)?/.exec(block[0] ?? "")?.[0] ?? "";
  const indent = " ".repeat(marker.length);
  const text = block.map((line, index) => (index === 0 ? line.slice(marker.length) : line.trim())).join(" ");
  return wrapWords(text, width - marker.length).map(
    (line, index) => `${index === 0 ? marker : indent}${line}`,
  );
}

/**
 * Code and links are not broken.
 *
 * @param {string} text
 * @param {number} width
 */
function wrapWords(text, width) {
  const words = text.match(/(?:`[^`]*`|!?\[[^\]]*\]\([^)]*\)|\{@link [^}]*\}|\S)+/g) ?? [];
  /** @type {string[]} */
  const lines = [];
  let line = "";
  for (const word of words) {
    const isFull = line !== "" && line.length + 1 + word.length > width;
    if (isFull && !STARTS_A_BLOCK.test(word)) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
