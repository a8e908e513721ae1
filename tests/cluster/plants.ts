import pg from "pg";

/** Faults that a node can be built with, to test that the checker finds them. */
export type Plant = "unfenced" | "deaf";

/** Changes the statements that a text occurs in. */
interface Rewrite {
  readonly in: string;
  readonly to: (text: string) => string;
}

const rewrites: Readonly<Record<Plant, readonly Rewrite[]>> = {
  // A node that was declared dead does not learn of it. Its writes pass without the row of the
  // node, and replace lines of the new owner.
  unfenced: [
    { in: "pg_terminate_backend", to: () => "select $1::text" },
    { in: "set beat = beat + 1", to: () => "select $1::bigint" },
    {
      in: "set_config('synchronous_commit'",
      to: (text) =>
        text
          .replace(
            /me as \(select id from \S+ where id = \$1 for key share\)/,
            "me as (select $1::bigint as id)",
          )
          .replaceAll("join me on s.node = me.id", "cross join me")
          .replaceAll("s.node = me.id", "me.id is not null")
          .replaceAll("and u.seq > s.last_seq", "")
          .replaceAll("on conflict do nothing", "on conflict (sid, seq) do update set line = excluded.line"),
    },
  ],
  // The events of other nodes are never read.
  deaf: [
    {
      in: "cross join lateral (",
      to: (text) => text.replace("w(sid, after)", "w(sid, after) join (select) nothing on false"),
    },
  ],
};

interface Statement {
  readonly text?: string;
}

/**
 * Builds a fault into every connection of this process.
 *
 * @throws Error at a statement that the fault was to change and does not
 */
export function plant(fault: Plant): void {
  const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
  const { query } = prototype;
  prototype.query = function planted(this: unknown, ...args: unknown[]) {
    const [statement, ...rest] = args as [Statement, ...unknown[]];
    const { text = "" } = statement;
    const rewrite = rewrites[fault].find((one) => text.includes(one.in));
    if (!rewrite) return query.apply(this, args);
    const changed = rewrite.to(text);
    if (changed === text) throw new Error(`The fault ${fault} changes nothing in ${text}`);
    return query.call(this, { ...statement, text: changed }, ...rest);
  };
}
