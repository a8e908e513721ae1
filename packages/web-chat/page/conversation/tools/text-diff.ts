import { structuredPatch } from "diff";
import { element } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";

// Lines around a change that are shown unchanged.
const CONTEXT_LINES = 3;

// Texts that differ in more lines are shown one after the other, which needs no search.
const MAX_CHANGED_LINES = 1000;

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

/**
 * Returns the changes of a text, group by group. A line begins with `-` if it was removed, with `+`
 * if it was added, and with a space otherwise.
 */
export function diffLines(before: string, after: string): string[][] {
  const patch = structuredPatch("", "", before, after, "", "", {
    context: CONTEXT_LINES,
    maxEditLength: MAX_CHANGED_LINES,
  });
  if (!patch) return [[...prefixed("-", before), ...prefixed("+", after)]];
  // The library adds "\ No newline at end of file".
  return patch.hunks.map(({ lines }) => lines.filter((line) => !line.startsWith("\\")));
}

function prefixed(sign: string, text: string): string[] {
  return text.split("\n").map((line) => `${sign}${line}`);
}
