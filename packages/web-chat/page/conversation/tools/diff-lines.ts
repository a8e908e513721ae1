import { structuredPatch } from "diff";

// Lines around a change that are shown unchanged.
const CONTEXT_LINES = 3;

// Texts that differ in more lines are shown one after the other, which needs no search.
const MAX_CHANGED_LINES = 1000;

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
