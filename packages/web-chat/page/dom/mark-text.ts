import { findMatches } from "./find-matches.ts";

/** The name of the marked text in CSS. */
const NAME = "found";

const BLOCKS = "p, li, td, th, pre, dd, dt, h1, h2, h3, h4, h5, h6, summary, div";

/** Buttons and labels, which belong to the page and not to the message. */
const NOT_TEXT = "button, .sr-only, .code-bar, .tool-label, time";

/**
 * Marks every match of a search in an element, and opens what is folded around the matches. No
 * element is changed, so text that still grows keeps growing.
 *
 * @returns the element of the first match; `undefined` if there is none.
 */
export function markText(root: Element, searched: string): Element | undefined {
  unmarkText();
  const ranges = rangesOf(root, searched);
  const first = ranges[0]?.startContainer.parentElement;
  if (!first) return undefined;
  for (const range of ranges) unfold(range.startContainer, root);
  shown = { root, searched };
  mark(ranges);
  return first;
}

/** The marked element, and the text that is marked in it. */
let shown: { readonly root: Element; readonly searched: string } | undefined;

function rangesOf(root: Element, searched: string): Range[] {
  const { text, pieces } = readText(root);
  return findMatches(text, searched).map(({ start, end }) => {
    const range = new Range();
    range.setStart(...positionOf(pieces, start));
    range.setEnd(...positionOf(pieces, end - 1, 1));
    return range;
  });
}

function mark(ranges: readonly Range[]): void {
  // Older browsers scroll to the message and mark nothing in it.
  if (typeof Highlight === "function") CSS.highlights.set(NAME, new Highlight(...ranges));
}

/** Marks the matches again after the nodes of a part were replaced by others. */
export function renewMarks(changed: Node): void {
  if (!shown?.root.contains(changed)) return;
  const { root, searched } = shown;
  mark(rangesOf(root, searched));
}

/** Removes the marks. */
export function unmarkText(): void {
  shown = undefined;
  if (typeof Highlight === "function") CSS.highlights.delete(NAME);
}

interface Piece {
  readonly node: Text;
  readonly start: number;
}

/** Reads the text of an element. Two blocks have a line break between them. */
function readText(root: Element): { text: string; pieces: readonly Piece[] } {
  const pieces: Piece[] = [];
  let text = "";
  let block: Element | null | undefined;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!(node instanceof Text) || parent?.closest(NOT_TEXT)) continue;
    const next = parent?.closest(BLOCKS);
    if (block !== undefined && next !== block) text += "\n";
    block = next;
    pieces.push({ node, start: text.length });
    text += node.data;
  }
  return { text, pieces };
}

/** Returns the text node of an index, and the offset in it plus `after`. */
function positionOf(pieces: readonly Piece[], index: number, after = 0): [Node, number] {
  const piece = pieces.findLast(({ start }) => start <= index);
  if (!piece) throw new RangeError(`\`index\` must be in the text, got ${index}.`);
  return [piece.node, Math.min(piece.node.length, index - piece.start + after)];
}

function unfold(node: Node, root: Element): void {
  for (let parent = node.parentElement; parent && parent !== root; parent = parent.parentElement) {
    if (parent instanceof HTMLDetailsElement) parent.open = true;
  }
}
