/** Comments and prose end here; code has a width of its own. */
export const MAX_COLUMNS = 100;

/** Words with which no comment begins: a sentence names its subject, or begins with a verb. */
const FIRST_WORDS = /^(?:What|Who|Whom|Whose|Whether|How|That|Those|Says|Tells|Hears|Gives|Takes)\b/;

/** Words that the field does not use for what we mean. The glossary has the words to use. */
const BANNED = [
  ...["tell", "tells", "told", "hear", "hears", "heard", "says", "whoever", "shelf", "shelves", "shelved"],
  ...["brake", "brakes", "goodbye", "goes on", "going on", "in the place of", "put away", "puts away"],
  ...["call off", "called off", "calls off", "calling off", "give up", "gives up", "gave up", "of one's own"],
  ...["is for nobody", "Chosen:", "Surroundings", "the tutorial's code"],
];
const BANNED_WORDS = new RegExp(`(?<![\\w-])(?:${BANNED.join("|")})(?![\\w-])`, "i");

/**
 * Returns the faults of one comment, with their lines.
 *
 * @param {{ line: number, column: number, text: string, isDoc: boolean }} comment
 * @returns {[line: number, fault: string][]}
 */
export function checkComment({ line, column, text, isDoc }) {
  if (/^\/\/ (?:biome|oxlint|@ts|eslint)|^\/\*\* @|^\/\/#|^\/\/\//.test(text)) return [];
  /** @type {[number, string][]} */
  const faults = [];
  const lines = text.split("\n");
  for (const [index, one] of lines.entries()) {
    const width = one.length + (index === 0 ? column : 0);
    if (width > MAX_COLUMNS && !/https?:\/\//.test(one)) faults.push([line + index, `has ${width} columns`]);
    const banned = BANNED_WORDS.exec(withoutCode(one));
    if (banned) faults.push([line + index, `uses "${banned[0]}"`]);
  }
  const words = text.replace(/^\/\*\*?\s*(?:\*\s*)?|^\/\/\s*/, "");
  const first = FIRST_WORDS.exec(words);
  if (first) faults.push([line, `begins with "${first[0]}"`]);
  if (isDoc && /^[a-z]/.test(words) && !/^[a-z]\w*[A-Z.(]/.test(words))
    faults.push([line, "begins in lower case"]);
  return faults;
}

/**
 * Returns the faults of an error text: it is a sentence, or begins with the name of a field in
 * backquotes.
 *
 * @param {{ line: number, start: string, end: string }} text
 * @returns {[line: number, fault: string][]}
 */
export function checkErrorText({ line, start, end }) {
  /** @type {[number, string][]} */
  const faults = [];
  if (!/^(?:[A-Z`\\{]|$)/.test(start))
    faults.push([line, `error text begins in lower case: ${start.slice(0, 30)}`]);
  if (!/[.…]$/.test(end)) faults.push([line, `error text has no full stop: ${end.slice(-30)}`]);
  if (/\?$/.test(end)) faults.push([line, "error text is a question"]);
  const banned = BANNED_WORDS.exec(start);
  if (banned) faults.push([line, `error text uses "${banned[0]}"`]);
  return faults;
}

/**
 * @param {{ line: number, start: string }} title
 * @returns {[line: number, fault: string][]}
 */
export function checkTitle({ line, start }) {
  const banned = BANNED_WORDS.exec(start);
  return banned ? [[line, `test title uses "${banned[0]}"`]] : [];
}

/**
 * Returns the faults of a Markdown page. Code blocks, tables, headings with links and front matter
 * are exempt.
 *
 * @param {string} page
 * @returns {[line: number, fault: string][]}
 */
export function checkMarkdown(page) {
  /** @type {[number, string][]} */
  const faults = [];
  for (const { line, text } of proseLines(page)) {
    const width = text.length;
    if (width > MAX_COLUMNS && !/\]\(|https?:\/\/|[\u4e00-\u9fff]/.test(text))
      faults.push([line, `has ${width} columns`]);
    const banned = BANNED_WORDS.exec(withoutCode(text));
    if (banned) faults.push([line, `uses "${banned[0]}"`]);
  }
  return faults;
}

/** @param {string} page */
function* proseLines(page) {
  let fence = "";
  let isFrontMatter = false;
  for (const [line, text] of page.split("\n").entries()) {
    if (text === "---" && (line === 0 || isFrontMatter)) isFrontMatter = line === 0;
    else if (isFrontMatter) continue;
    else if (fence !== "") fence = text.trim().startsWith(fence) ? "" : fence;
    else if (/^\s*(```+|~~~+)/.test(text)) fence = /^\s*(```+|~~~+)/.exec(text)?.[1] ?? "";
    else if (!/^[|<]/.test(text)) yield { line, text };
  }
}

/** @param {string} text */
function withoutCode(text) {
  return text.replace(/`[^`]*`|"[^"]*"/g, "``");
}
