import type { Token, Tokens, TokensList } from "marked";
import { appendCode } from "./grow-code.ts";
import { joinParts, replaceLastParts } from "./grow-parts.ts";
import { goesOn, isGrowing, partCount, type SettledParts, settledParts } from "./growing-parts.ts";

/** Shows Markdown in an element. */
export interface MarkdownView {
  /** Shows `text`; while it is not `complete`, only what comes after the last finished block is read again. */
  update(text: string, complete: boolean): void;
}

/** How blocks are read and shown. */
export interface BlockReader {
  read: (text: string) => TokensList;
  /** Makes what a block shows. */
  make: (token: Token, links: TokensList["links"]) => DocumentFragment;
  /** The block will not change any more. */
  settle: (block: Element) => void;
  /** Shows something that could not be shown at once. */
  showLater: (show: () => void) => void;
}

/** A paragraph, a list, a table, …: what is shown in one go. */
interface Block {
  readonly token: Token;
  /** Of its text and the empty lines after it, in UTF-16 units. */
  readonly length: number;
  /** What was shown of it before the token, and is not in there. */
  readonly settled?: SettledParts | undefined;
}

// Chosen: more than a screen shows. The blocks before them are laid out when they come near the screen.
const alwaysLaidOut = 40;

// Chosen: of five milliseconds, a text that grows gets one at most. Most are read in a tenth of a frame and never wait.
const restPerWork = 4;

// Chosen: some screens, read in a few milliseconds. Blocks that are the same are not shown anew.
const shortChars = 8000;

/** A line that says where a link goes which stands anywhere in the text. */
const linkDefinition = /^ {0,3}\[[^\]]+\]:/m;

/** Shows a text that grows in `root`, one child a block. What is finished stays as it is. */
export function attachMarkdown(root: HTMLElement, reader: BlockReader): MarkdownView {
  const { make, settle, showLater } = reader;
  let source = "";
  /** What each child of `root` shows. */
  let shown: readonly Block[] = [];
  /** So many of them will not change any more. */
  let settledCount = 0;
  let farCount = 0;

  function show(index: number, next: Block, { links }: TokensList): void {
    const { token } = next;
    const before = shown[index];
    const block = root.children[index] ?? root.appendChild(createBlock());
    const definesLinks = Object.keys(links).length > 0;
    if (!definesLinks && before?.token.raw === token.raw && before.settled === next.settled) return;
    settledCount = Math.min(settledCount, index);
    if (growCode(block, before?.token, token)) return;
    const made = make(token, links);
    if (!growParts(block, made, before, next)) block.replaceChildren(made);
  }

  function update(text: string, complete: boolean): void {
    const next = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    // A complete text is read as a whole if it has to be: a link may be defined below its use. A short one always is, for
    // what no rule foresees of blocks that run into each other.
    const isReadAgain = complete && (next.length <= shortChars || linkDefinition.test(next));
    const mayKeep = next.startsWith(source) && !isReadAgain;
    source = next;
    const kept = mayKeep ? shown.slice(0, -changingCount(shown)) : [];
    const rest = source.slice(kept.reduce((sum, { length }) => sum + length, 0));
    const { tokens, blocks } = readRest(rest, mayKeep ? shown[kept.length] : undefined, reader);
    const all = [...kept, ...blocks];
    for (const [index, block] of blocks.entries()) show(kept.length + index, block, tokens);
    while (root.children.length > all.length) root.lastElementChild?.remove();
    shown = all;
    const restingCount = complete ? all.length : all.length - 1;
    for (; settledCount < restingCount; settledCount += 1) {
      const block = root.children[settledCount];
      if (!block) continue;
      joinParts(block);
      settle(block);
    }
    for (; farCount < all.length - alwaysLaidOut; farCount += 1)
      root.children[farCount]?.classList.add("far");
  }
  let timer = 0;
  let restUntil = 0;
  function updateAndRest(text: string): void {
    const start = performance.now();
    update(text, false);
    const end = performance.now();
    restUntil = end + restPerWork * (end - start);
  }

  return {
    update(text, complete) {
      clearTimeout(timer);
      const restMs = restUntil - performance.now();
      if (complete) update(text, complete);
      else if (restMs <= 0) updateAndRest(text);
      // A block that takes long, such as a list of a thousand lines, is read less often.
      else timer = window.setTimeout(showLater, restMs, () => updateAndRest(text));
    },
  };
}

/** Written from right to left if its text is, whatever the other blocks are. */
function createBlock(): HTMLElement {
  const block = document.createElement("div");
  block.dir = "auto";
  return block;
}

/**
 * How many blocks at the end can still change while text is appended. The last one can, and while the line that says what
 * it is is not complete, it may turn out to belong to the one before: `2` begins a paragraph, `2.` may go on with a list.
 */
function changingCount(blocks: readonly Block[]): number {
  const { type, raw = "" } = blocks.at(-1)?.token ?? {};
  const isDecided = type === "heading" ? raw.endsWith("\n") : raw.includes("\n");
  return isDecided ? 1 : 2;
}

/** A code block that only got longer gets the new text: making a long one anew for each chunk would take too long. */
function growCode(block: Element, before: Token | undefined, token: Token): boolean {
  if (!isCode(before) || !isCode(token) || before.lang !== token.lang) return false;
  const code = block.querySelector("pre > code");
  // The renderer ends each block with exactly one line break.
  const [shown, next] = [code?.textContent.slice(0, -1) ?? "", token.text.replace(/\n$/, "")];
  return code !== null && next.startsWith(shown) && appendCode(code, next.slice(shown.length));
}

function isCode(token: Token | undefined): token is Tokens.Code {
  return token?.type === "code";
}

/** A list or a table that only got longer gets what is new at its end. */
function growParts(block: Element, made: DocumentFragment, before: Block | undefined, next: Block): boolean {
  if (!before || !next.settled || !isGrowing(before.token)) return false;
  const replacedCount = partCount(before.token, before.settled) - next.settled.count;
  return replaceLastParts(block, made, { replacedCount, skippedCount: next.token.type === "list" ? 1 : 0 });
}

/** Reads from the last block on; of one that grows, what is not settled yet. */
function readRest(rest: string, last: Block | undefined, { read }: BlockReader) {
  const settled = last && isGrowing(last.token) ? settledParts(last.token, last.settled) : undefined;
  if (last && settled && isGrowing(last.token)) {
    const tokens = read(settled.prefix + rest.slice(settled.length));
    if (goesOn(last.token, tokens[0], settled)) return { tokens, blocks: blocksOf(tokens, settled) };
  }
  const tokens = read(rest);
  return { tokens, blocks: blocksOf(tokens) };
}

function blocksOf(tokens: readonly Token[], settled?: SettledParts): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    const { length } = token.raw;
    const last = blocks.at(-1);
    if (token.type === "space" && last) blocks.splice(-1, 1, { ...last, length: last.length + length });
    else if (last || !settled) blocks.push({ token, length });
    else blocks.push({ token, length: length + settled.length - settled.prefix.length, settled });
  }
  return blocks;
}
