/** A place where two JSON values differ, and what stands there in each. */
export interface Difference {
  /** Such as `messages[2].content, line 3`. */
  place: string;
  recorded: string;
  now: string;
}

/** Of each side of a difference, this many UTF-16 units are shown: a long line. */
const SHOWN_CHARS = 160;

/** Every place where two JSON values differ, in the order of the first one. */
export function findDifferences(recorded: unknown, now: unknown, place = ""): Difference[] {
  if (typeof recorded === "string" && typeof now === "string") return differentLine(recorded, now, place);
  if (!isNode(recorded) || !isNode(now) || Array.isArray(recorded) !== Array.isArray(now)) {
    const [before, after] = [show(recorded), show(now)];
    return before === after ? [] : [{ place, recorded: before, now: after }];
  }
  const isList = Array.isArray(recorded);
  return [...new Set([...Object.keys(recorded), ...Object.keys(now)])].flatMap((key) => {
    const below = isList ? `${place}[${key}]` : place === "" ? key : `${place}.${key}`;
    return findDifferences(recorded[key], now[key], below);
  });
}

/** The differences in words, one below the other, those beyond the fifth counted. */
export function describeDifferences(differences: readonly Difference[]): string {
  const shown = differences
    .slice(0, 5)
    .map(({ place, recorded, now }) => `  ${place}\n    recorded: ${recorded}\n    now:      ${now}`);
  const rest = differences.length - shown.length;
  return [...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join("\n");
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The first line that differs, from shortly before the place where it does. */
function differentLine(recorded: string, now: string, place: string): Difference[] {
  if (recorded === now) return [];
  const [before, after] = [recorded.split("\n"), now.split("\n")];
  const line = before.findIndex((text, index) => text !== after[index]);
  const number = line === -1 ? before.length : line;
  const [old, fresh] = [before[number], after[number]];
  const start = Math.max(0, sameStart(old ?? "", fresh ?? "") - SHOWN_CHARS / 4);
  const isLong = before.length > 1 || after.length > 1;
  return [
    {
      place: isLong ? `${place}, line ${number + 1}` : place,
      recorded: show(old?.slice(start)),
      now: show(fresh?.slice(start)),
    },
  ];
}

function sameStart(one: string, other: string): number {
  let chars = 0;
  while (chars < one.length && one[chars] === other[chars]) chars += 1;
  return chars;
}

function show(value: unknown): string {
  if (value === undefined) return "(nothing)";
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
