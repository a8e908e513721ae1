import { element } from "../dom/elements.ts";

// Some hundred lines. Browsers lay out a growing text as a whole, so a long one is cut into parts.
const MAX_PART_CHARS = 8000;

/**
 * Adds text before the line break that ends a code block.
 *
 * @returns false if the code holds more than plain text, because it is highlighted already.
 */
export function appendCode(code: Element, added: string): boolean {
  const last = code.lastChild;
  const text = last instanceof HTMLElement && last.matches(".code-part") ? last.firstChild : last;
  if (!(text instanceof Text)) return false;
  if (text.length < MAX_PART_CHARS) {
    text.insertData(text.length - 1, added);
    return true;
  }
  // The incomplete line moves to the next part.
  const lineStart = text.data.lastIndexOf("\n", text.length - 2) + 1;
  const line = text.data.slice(lineStart, -1);
  text.deleteData(lineStart, text.length - lineStart);
  const next = element("span", "code-part", `${line}${added}\n`);
  if (last === text) code.replaceChildren(element("span", "code-part off-screen", text.data), next);
  else {
    if (last instanceof HTMLElement) last.classList.add("off-screen");
    code.append(next);
  }
  return true;
}
