import pg from "pg";

/** Faults that the nodes of this process can be built with, to test that the checker finds them. */
export type Plant = keyof typeof rewrites;

/** Changes the statements that a text occurs in. */
interface Rewrite {
  readonly in: string;
  readonly to: (text: string) => string;
}

// A node that was declared dead does not learn of it by its beats.
const alwaysBeats: Rewrite = { in: "set beat = beat + 1", to: () => "select $1::bigint" };

const rewrites = {
  /** Writes pass without the row of the node, and replace lines of the new owner. */
  unfenced: [
    alwaysBeats,
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
  /** The statement that claims a session also looks if its owner lives. */
  claimedAtOnce: [
    {
      in: "s.node = $3",
      to: (text) => {
        const [, schema] = /update (\S+)\.sessions/.exec(text) ?? [];
        const isDead = `$3::bigint > 0 and not exists (select from ${schema}.nodes n where n.id = s.node)`;
        return text.replace("s.node = $3", () => isDead);
      },
    },
  ],
  /** The number of written lines is that of the lines that were sent. */
  uncounted: [
    {
      in: "count(*) from entries)",
      to: (text) => {
        const [, sids] = /entries as \(insert[^]*?unnest\((\$\d+)::bigint\[\]/.exec(text) ?? [];
        return text.replace("(select count(*) from entries)", `cardinality(${sids}::bigint[])`);
      },
    },
  ],
  /** The id of a node comes back. */
  sameId: [
    alwaysBeats,
    {
      in: ".nodes (name) values ($1)",
      to: (text) => text.replace("(name) values ($1)", "(id, name) overriding system value values (1, $1)"),
    },
  ],
  /** No notification wakes a node. */
  unnotified: [{ in: "pg_notify(", to: (text) => text.replace(/pg_notify\([^,]*, ([^)]*)\)/, "($1)::text") }],
  /** Nothing wakes the reader of events: no notification, and no poll finds a session. */
  deaf: [
    {
      in: "w(sid, after)",
      to: (text) => text.replace("w(sid, after)", "w(sid, after) join (select) nothing on false"),
    },
  ],
} satisfies Record<string, readonly Rewrite[]>;

interface Statement {
  readonly text?: string;
}

/**
 * Builds a fault into every connection of this process. Returns a function that removes it.
 *
 * @throws Error at a statement that the fault was to change and does not
 */
export function plant(fault: Plant): Disposable {
  return intercept((statement) => {
    const { text = "" } = statement;
    const rewrite = (rewrites[fault] as readonly Rewrite[]).find((one) => text.includes(one.in));
    if (!rewrite) return statement;
    const changed = rewrite.to(text);
    if (changed === text) throw new Error(`The fault ${fault} changes nothing in ${text}`);
    return { ...statement, text: changed };
  });
}

/** Replaces the statements of every connection of this process before they are sent. */
export function intercept(replace: (statement: Statement) => Statement | Promise<Statement>): Disposable {
  const { prototype } = pg.Client as unknown as { prototype: { query: (...args: unknown[]) => unknown } };
  const { query } = prototype;
  prototype.query = function intercepted(this: unknown, ...args: unknown[]) {
    const [statement, ...rest] = args as [Statement, ...unknown[]];
    const replaced = replace(statement);
    if (!(replaced instanceof Promise)) return query.call(this, replaced, ...rest);
    return replaced.then((one) => query.call(this, one, ...rest));
  };
  return {
    [Symbol.dispose]() {
      prototype.query = query;
    },
  };
}
