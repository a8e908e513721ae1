import { element } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";
import { diffLines } from "./diff-lines.ts";

/** Creates a diff: the lines that a replacement removes and adds. */
export function createTextDiff(
  { before, after }: { before: string; after: string },
  texts: Texts,
): HTMLElement {
  const lines = diffLines(before, after).flatMap((group, index) => [
    ...(index === 0 ? [] : [element("span", "gap", "⋯\n")]),
    ...group.map(toLine),
  ]);
  const root = element("pre", "diff", ...lines);
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", texts.change);
  return root;
}

function toLine(line: string): HTMLElement {
  const text = `${line}\n`;
  if (line.startsWith("+")) return element("ins", "", text);
  if (line.startsWith("-")) return element("del", "", text);
  return element("span", "", text);
}
