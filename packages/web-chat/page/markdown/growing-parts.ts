import type { Token, Tokens } from "marked";

/** What will not change any more of a list or a table that grows at its end. */
export interface SettledParts {
  /** How many items or rows there are of it. */
  readonly count: number;
  /** Of their text, in UTF-16 units. */
  readonly length: number;
  /** Whether a list has empty lines in or between these items: then all its items are paragraphs. */
  readonly isLoose: boolean;
  /** Read before the rest of the text, it makes the rest what follows these parts. */
  readonly prefix: string;
}

type Growing = Tokens.List | Tokens.Table;

// The last two can still change: the last one grows, and may turn out to belong to the one before it.
const unsettledCount = 2;

const bullet = /^ {0,3}(\d{1,9}[.)]|[*+-])/;

/** A list or a table. Of other blocks nothing is settled before they end. */
export function isGrowing(token: Token | undefined): token is Growing {
  return token?.type === "list" || token?.type === "table";
}

/** What is settled after a text was read on from `before` on, if anything is. */
export function settledParts(token: Growing, before: SettledParts | undefined): SettledParts | undefined {
  const settled = token.type === "list" ? settledItems(token, before) : settledRows(token, before);
  return settled.count === 0 ? undefined : settled;
}

/** How many items or rows a block shows that was read on from `settled` on. */
export function partCount(token: Growing, settled: SettledParts | undefined): number {
  if (token.type === "table") return token.rows.length + (settled?.count ?? 0);
  // The first item is the prefix.
  return token.items.length + (settled ? settled.count - 1 : 0);
}

/** Whether a token read from the prefix and the rest goes on with what is shown. If not, the whole is to be read. */
export function goesOn(shown: Growing, token: Token | undefined, { prefix }: SettledParts): token is Growing {
  if (!isGrowing(token) || token.type !== shown.type || !token.raw.startsWith(prefix)) return false;
  return token.type === "table" || (token.items.length > 1 && token.loose === (shown as Tokens.List).loose);
}

function settledItems(token: Tokens.List, before: SettledParts | undefined): SettledParts {
  const items = token.items.slice(before ? 1 : 0, -unsettledCount);
  const isLoose = (before?.isLoose ?? false) || items.some(isSpaced);
  // Indented as far as can be: no item after it is taken for one of its own.
  const prefix = `${bullet.exec(token.raw)?.[1]}    x\n${isLoose ? "\n" : ""}`;
  return {
    ...added(
      before,
      items.map(({ raw }) => raw.length),
    ),
    isLoose,
    prefix,
  };
}

function settledRows({ raw, rows }: Tokens.Table, before: SettledParts | undefined): SettledParts {
  const lines = raw.split("\n");
  const prefix = `${lines.slice(0, 2).join("\n")}\n`;
  const settled = lines.slice(2, Math.max(2, rows.length + 2 - unsettledCount));
  // The head is settled with the first rows.
  const start = before ?? { count: 0, length: prefix.length };
  return {
    ...added(
      start,
      settled.map((line) => line.length + 1),
    ),
    isLoose: false,
    prefix,
  };
}

function added(before: { count: number; length: number } | undefined, lengths: readonly number[]) {
  return {
    count: (before?.count ?? 0) + lengths.length,
    length: lengths.reduce((sum, length) => sum + length, before?.length ?? 0),
  };
}

/** Whether an item that others follow makes a list loose. */
function isSpaced({ raw, tokens }: Tokens.ListItem): boolean {
  return (
    /\n[ \t]*\n[ \t]*$/.test(raw) ||
    tokens.some((token) => token.type === "space" && /\n.*\n/.test(token.raw))
  );
}
