import type { Ledger } from "./ledger.ts";

/** A stored line of a transcript. */
export interface StoredLine {
  readonly seq: number;
  readonly line: string;
}

interface StoredEntry {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string;
  readonly runId?: string;
  readonly requestId?: string;
}

/**
 * Compares the promises that a user got with the lines that are stored. Returns the broken ones:
 * an accepted message that is lost, stored twice or changed, a run with no end or two, and an event
 * that was shown and is not stored.
 */
export function findFaults({ runs, events, faults }: Ledger, lines: readonly StoredLine[]): string[] {
  const found = [...faults];
  const entries = lines.map(({ seq, line }) => ({ seq, ...(JSON.parse(line) as StoredEntry) }));
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  const messages = groupBy(
    entries.filter(({ role }) => role === "user"),
    ({ requestId }) => requestId,
  );
  const ends = groupBy(
    entries.filter(({ type }) => type === "run_end"),
    ({ runId }) => runId,
  );
  if (bySeq.size !== entries.length) found.push("a number is stored twice");
  for (const [id, runId] of runs) {
    const stored = messages.get(id) ?? [];
    if (stored.length !== 1) found.push(`message ${id} is stored ${stored.length} times`);
    if (stored[0] && stored[0].runId !== runId) found.push(`message ${id} has another run`);
    if (stored[0] && !stored[0].content?.startsWith(`${id} `)) found.push(`message ${id} was changed`);
  }
  for (const { runId } of entries.filter(({ role }) => role === "user")) {
    const count = ends.get(runId)?.length ?? 0;
    if (count !== 1) found.push(`run ${runId} has ${count} ends`);
  }
  for (const [seq, text] of events) {
    const event = JSON.parse(text) as StoredEntry;
    const stored = bySeq.get(seq);
    if (!stored) found.push(`event ${seq} is not stored: ${text}`);
    else if (stored.runId !== event.runId || (stored.content ?? "") !== (event.content ?? ""))
      found.push(`event ${seq} is stored as ${JSON.stringify(stored)}, and was shown as ${text}`);
  }
  for (const { role, content = "", runId } of entries) {
    if (role !== "assistant") continue;
    const words = content.split(" ").slice(0, -1);
    const [token] = words[0]?.split(/-(?=\d+$)/) ?? [];
    const isWhole = words.every((word, index) => word === `${token}-${index}`);
    if (!isWhole) found.push(`the answer of run ${runId} has a gap: ${content}`);
  }
  return found;
}

/** Returns the differences between the views of one session: items missing or twice. */
export function findDifferences([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return others.flatMap((other, index) => {
    const extra = [...subtract(first, other), ...subtract(other, first)];
    const isEqual = extra.length === 0 && first.every((line, at) => line === other[at]);
    return isEqual ? [] : [`view ${index + 1} differs from view 0: ${extra.join("; ")}`];
  });
}

/** Returns the lines of a list without one occurrence for each line of another list. */
function subtract(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): Map<unknown, Item[]> {
  const groups = new Map<unknown, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
