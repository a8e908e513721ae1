// Chosen: some screens. Browsers lay a list out as a whole when it grows, so a long one is cut into several meanwhile.
const maxItems = 100;

/**
 * Puts items or rows in the place of the last ones that a block shows. `made` is such a block itself, of which the first
 * ones are skipped.
 *
 * @returns false, with nothing changed, if the block shows something else than a list or a table.
 */
export function replaceLastParts(
  block: Element,
  made: ParentNode,
  { replacedCount, skippedCount }: { replacedCount: number; skippedCount: number },
): boolean {
  const [shown, next] = [partsOf(block), partsOf(made)];
  if (!shown || !next) return false;
  for (let left = replacedCount; left > 0 && shown.lastChild; shown.lastChild.remove()) {
    if (shown.lastChild instanceof Element) left -= 1;
  }
  const skipped = next.children[skippedCount - 1];
  const nodes = [...next.childNodes];
  // A line break stands after each.
  roomBehind(shown).append(...nodes.slice(skipped ? nodes.indexOf(skipped) + 2 : 0));
  return true;
}

/** Makes a list that was cut one list again. */
export function joinParts(block: Element): void {
  const [first, ...others] = block.children;
  if (!first?.classList.contains("list-part")) return;
  for (const other of others) {
    first.append(...other.childNodes);
    other.remove();
  }
  first.removeAttribute("class");
}

/** What holds the last items of a list, or the rows of a table below its head. */
function partsOf({ lastElementChild: last }: ParentNode): Element | null {
  return last?.matches("ul, ol") ? last : (last?.querySelector(":scope > tbody") ?? null);
}

function roomBehind(shown: Element): Element {
  const isList = shown instanceof HTMLUListElement || shown instanceof HTMLOListElement;
  if (!isList || shown.childElementCount < maxItems) return shown;
  const next = document.createElement(shown.localName);
  if (shown instanceof HTMLOListElement && next instanceof HTMLOListElement) {
    next.start = shown.start + shown.childElementCount;
  }
  shown.className = "list-part far";
  shown.after(next);
  return next;
}
