import type { Token, Tokens, TokensList } from "marked";
import { appendCode } from "./grow-code.ts";

/** Shows Markdown in an element. */
export interface MarkdownView {
  /** Shows `text`; while it is not `complete`, only what comes after the last finished block is read again. */
  update(text: string, complete: boolean): void;
}

/** How blocks are read and shown. */
export interface BlockReader {
  read: (text: string) => TokensList;
  /** Makes what a block shows. */
  fill: (block: Element, token: Token, links: TokensList["links"]) => void;
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
}

// Chosen: more than a screen shows. The blocks before them are laid out when they come near the screen.
const alwaysLaidOut = 40;

// Chosen: of five milliseconds, a text that grows gets one at most. Most are read in a tenth of a frame and never wait.
const restPerWork = 4;

/** A line that says where a link goes which stands anywhere in the text. */
const linkDefinition = /^ {0,3}\[[^\]]+\]:/m;

/** Shows a text that grows in `root`, one child a block. What is finished stays as it is. */
export function attachMarkdown(root: HTMLElement, reader: BlockReader): MarkdownView {
  const { read, fill, settle, showLater } = reader;
  /** What each child of `root` shows. */
  let shown: readonly Block[] = [];
  /** So many of them will not change any more. */
  let settledCount = 0;
  let farCount = 0;

  function show(index: number, token: Token, { links }: TokensList): void {
    const before = shown[index]?.token;
    const block = root.children[index] ?? root.appendChild(document.createElement("div"));
    const definesLinks = Object.keys(links).length > 0;
    if (!definesLinks && before?.raw === token.raw) return;
    settledCount = Math.min(settledCount, index);
    if (!growCode(block, before, token)) fill(block, token, links);
  }

  function update(text: string, complete: boolean): void {
    const source = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    // Only the last block can still change while text is appended, so what stands before it is kept. A complete
    // text is read as a whole if it has to be: a link may be defined below its use.
    const kept = complete && linkDefinition.test(source) ? [] : shown.slice(0, -1);
    const tokens = read(source.slice(kept.reduce((sum, { length }) => sum + length, 0)));
    const next = [...kept, ...blocksOf(tokens)];
    for (const [index, { token }] of next.entries()) {
      if (index >= kept.length) show(index, token, tokens);
    }
    while (root.children.length > next.length) root.lastElementChild?.remove();
    shown = next;
    const restingCount = complete ? next.length : next.length - 1;
    for (; settledCount < restingCount; settledCount += 1) {
      const block = root.children[settledCount];
      if (block) settle(block);
    }
    for (; farCount < next.length - alwaysLaidOut; farCount += 1)
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

function blocksOf(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    const { length } = token.raw;
    const last = blocks.at(-1);
    if (token.type === "space" && last) blocks.splice(-1, 1, { ...last, length: last.length + length });
    else blocks.push({ token, length });
  }
  return blocks;
}
