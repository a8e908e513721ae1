import { structuredPatch } from "diff";
import { element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

// Chosen: lines around a change that stay as they are.
const context = 3;

// Chosen: texts that differ in more lines than this are shown one after the other, which takes no time to work out.
const maxEditLength = 1000;

/** Shows what a replacement changes, line by line. */
export function createTextDiff(
  { before, after }: { before: string; after: string },
  texts: Texts,
): HTMLElement {
  const patch = structuredPatch("", "", before, after, "", "", { context, maxEditLength });
  const hunks = patch?.hunks.map(({ lines }) => lines) ?? [
    [...before.split("\n").map((line) => `-${line}`), ...after.split("\n").map((line) => `+${line}`)],
  ];
  const lines = hunks.flatMap((hunk, index) => [
    ...(index === 0 ? [] : [element("span", "gap", "⋯\n")]),
    // "\ No newline at end of file"
    ...hunk.filter((line) => !line.startsWith("\\")).map(toLine),
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
