import type { Change } from "../writer/group.ts";

// PostgreSQL allows 7,999 bytes.
const MAX_BYTES = 7_900;

/**
 * A notification. It only wakes its receivers, which read the tables. So a lost one delays, and a
 * wrong one costs a read.
 */
export type Payload =
  /** Sessions with new lines, and the newest number of each. */
  | { readonly kind: "events"; readonly newest: ReadonlyMap<number, number> }
  /** More sessions than one payload can name. */
  | { readonly kind: "all" }
  /** The nodes that have mail. Absent if any node may have some. */
  | { readonly kind: "mail"; readonly nodes?: ReadonlySet<number> };

/** The begin of a payload for nodes that have mail. Their ids follow, with blanks between them. */
export const MAIL_PREFIX = "m";

/** Returns the payload for the sessions of a group, or `undefined` for a group without a line. */
export function payloadOf(changes: readonly Change[]): string | undefined {
  const newest = new Map<number, number>();
  for (const { sid, entries, live } of changes) {
    const seq = Math.max(newest.get(sid) ?? 0, entries.at(-1)?.seq ?? 0, live.at(-1)?.seq ?? 0);
    if (seq > 0) newest.set(sid, seq);
  }
  if (newest.size === 0) return undefined;
  const payload = `e${[...newest].map(([sid, seq]) => `${sid}:${seq}`).join(" ")}`;
  return payload.length <= MAX_BYTES ? payload : "*";
}

/** Reads a payload. Others may use the channel too, so that an unknown one means everything. */
export function readPayload(payload: string): Payload {
  if (payload === MAIL_PREFIX) return { kind: "mail" };
  if (/^m\d+(?: \d+)*$/.test(payload))
    return { kind: "mail", nodes: new Set(payload.slice(1).split(" ").map(Number)) };
  if (!payload.startsWith("e")) return { kind: "all" };
  const pairs = payload
    .slice(1)
    .split(" ")
    .map((pair) => pair.split(":").map(Number) as [number, number]);
  return { kind: "events", newest: new Map(pairs) };
}
