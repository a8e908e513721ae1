import { element } from "../dom/elements.ts";

// Chosen: some hundred lines. Browsers lay a text out as a whole when it grows, so a long one is cut into parts.
const maxPartChars = 8000;

/** Adds text before the line break that ends a code block. False if there is more in it than plain text. */
export function appendCode(code: Element, added: string): boolean {
  const last = code.lastChild;
  const text = last instanceof HTMLElement && last.matches(".code-part") ? last.firstChild : last;
  if (!(text instanceof Text)) return false;
  if (text.length < maxPartChars) {
    text.insertData(text.length - 1, added);
    return true;
  }
  // The line that is not complete goes along.
  const place = text.data.lastIndexOf("\n", text.length - 2) + 1;
  const line = text.data.slice(place, -1);
  text.deleteData(place, text.length - place);
  const next = element("span", "code-part", `${line}${added}\n`);
  if (last === text) code.replaceChildren(element("span", "code-part far", text.data), next);
  else {
    if (last instanceof HTMLElement) last.classList.add("far");
    code.append(next);
  }
  return true;
}
