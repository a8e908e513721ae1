import type { Row, Statement } from "../connection/connection.ts";
import type { Names } from "../schema/names.ts";

/** A line under its number. */
export interface NumberedLine {
  readonly seq: number;
  readonly line: string;
}

/** The row of a session, as its writer last knew it. */
export interface SessionState {
  readonly summary: string;
  readonly lastSeq: number;
  readonly updated: number;
  readonly archived: boolean;
  /** The newest number before the oldest open run. */
  readonly runAfter: number | undefined;
  /** The time of the deletion. That of the database replaces an earlier one. */
  readonly deleted?: number;
  /** True if the node releases the session. */
  readonly isReleased?: boolean;
}

/** The texts of a change for the search index, which need not read the lines then. */
export interface SearchTexts {
  /** The number of the entry before those of the change. */
  readonly after: number;
  readonly messages: readonly NumberedText[];
  /** The title of the session, if the change set it. */
  readonly title: string | undefined;
}

/** The text of a message under its number. */
export interface NumberedText {
  readonly seq: number;
  readonly text: string;
}

/** A change of one session. All of it is written, or none. */
export interface Change {
  readonly sid: number;
  readonly entries: readonly NumberedLine[];
  readonly live: readonly NumberedLine[];
  readonly state?: SessionState | undefined;
  /** Deletes the live events up to this number. */
  readonly settledSeq?: number | undefined;
  readonly texts?: SearchTexts | undefined;
}

/** The changes that one statement writes. */
export interface Group {
  readonly node: number;
  readonly changes: readonly Change[];
  readonly isDurable: boolean;
  /** The payload of the notification in it. */
  readonly payload?: string | undefined;
}

interface Columns {
  readonly sids: number[];
  readonly seqs: number[];
  readonly lines: string[];
}

/**
 * Returns the statement that writes a group: the fence, the lines and the notification.
 *
 * The fence is the row of the node. Locking it and deleting it exclude each other, so that a group
 * either commits before the node is declared dead, or finds no row and writes nothing. The
 * statement is its own transaction: a process that is stopped in the middle of one would hold the
 * row.
 *
 * A late copy of an earlier group may still arrive. It changes nothing: each line has its number as
 * its key, live events are newer than the newest entry, and no state replaces a newer one.
 */
export function toStatement(names: Names, group: Group): Statement {
  const { schema } = names;
  const values: unknown[] = [group.node, group.isDurable ? "on" : "off"];
  const add = (value: unknown): string => `$${values.push(value)}`;
  const parts = [`me as (select id from ${schema}.nodes where id = $1 for key share)`];
  const counts: string[] = [];
  let shape = "";
  const states = toStates(group.changes);
  if (states.size > 0) {
    shape += "s";
    const all = [...states.values()];
    const sids = add(toArray([...states.keys()]));
    parts.push(`sessions as (update ${schema}.sessions s set summary = u.summary, last_seq = u.last_seq,
        updated = u.updated, archived = u.archived, run_after = u.run_after,
        deleted = case when u.deleted is not null then greatest(u.deleted, extract(epoch from now()) * 1000) end,
        node = case when u.is_released then null else s.node end
      from unnest(${sids}::bigint[], ${add(toArray(all.map(({ lastSeq }) => lastSeq)))}::bigint[],
        ${add(toArray(all.map(({ updated }) => updated)))}::float8[],
        ${add(toArray(all.map(({ archived }) => archived)))}::boolean[],
        ${add(toArray(all.map(({ runAfter }) => runAfter)))}::bigint[],
        ${add(toArray(all.map(({ deleted }) => deleted)))}::float8[],
        ${add(toArray(all.map(({ isReleased = false }) => isReleased)))}::boolean[],
        string_to_array(${add(all.map(({ summary }) => summary).join("\n"))}, E'\\n'))
        u(sid, last_seq, updated, archived, run_after, deleted, is_released, summary), me
      where s.num = u.sid and s.node = me.id and s.last_seq <= u.last_seq)`);
  }
  const settled = group.changes.filter(({ settledSeq }) => settledSeq !== undefined);
  if (settled.length > 0) {
    shape += "c";
    parts.push(`settled as (delete from ${schema}.live l
      using unnest(${add(toArray(settled.map(({ sid }) => sid)))}::bigint[],
        ${add(toArray(settled.map(({ settledSeq }) => settledSeq)))}::bigint[]) u(sid, seq), me
      where l.sid = u.sid and l.seq <= u.seq)`);
  }
  if (group.payload !== undefined) {
    shape += "n";
    counts.push(`pg_notify('${names.channel}', ${add(group.payload)})`);
  }
  // The longest values are last, because `pg` copies its buffer into a larger one for a value after
  // them.
  for (const table of ["live", "entries"] as const) {
    const { sids, seqs, lines } = toColumns(group.changes, table);
    if (sids.length === 0) continue;
    shape = `${table[0]}${shape}`;
    const isNew = table === "live" ? "and u.seq > s.last_seq" : "";
    parts.push(`${table} as (insert into ${schema}.${table} (sid, seq, line)
      select u.sid, u.seq, u.line
      from unnest(${add(toArray(sids))}::bigint[], ${add(toArray(seqs))}::bigint[],
        string_to_array(${add(lines.join("\n"))}, E'\\n')) u(sid, seq, line)
      join ${schema}.sessions s on s.num = u.sid ${isNew} join me on s.node = me.id
      on conflict do nothing returning 1)`);
    counts.push(`(select count(*) from ${table})::int as ${table}`);
  }
  const results = ["set_config('synchronous_commit', $2, true)", ...counts].join(", ");
  const text = `with ${parts.join(",\n")}\nselect ${results} from me`;
  return { text, values, name: `group_${shape}` };
}

/** Returns the lines of the group that the database has, and the lines that it should have. */
export function toReadBack({ schema }: Names, group: Group, table: "entries" | "live"): Statement {
  const { sids, seqs } = toColumns(group.changes, table);
  const text = `select e.sid, e.seq, e.line from unnest($1::bigint[], $2::bigint[]) u(sid, seq)
    join ${schema}.${table} e on e.sid = u.sid and e.seq = u.seq`;
  return { text, values: [toArray(sids), toArray(seqs)] };
}

/** Returns the ids of sessions whose lines the database does not have as the group has them. */
export function findLost(group: Group, table: "entries" | "live", rows: readonly Row[]): Set<number> {
  const found = new Map(rows.map((row) => [`${Number(row["sid"])}:${Number(row["seq"])}`, row["line"]]));
  const lost = new Set<number>();
  for (const change of group.changes) {
    for (const { seq, line } of change[table]) {
      if (found.get(`${change.sid}:${seq}`) !== line) lost.add(change.sid);
    }
  }
  return lost;
}

/** Returns the number of lines of a group for a table. */
export function countLines(group: Group, table: "entries" | "live"): number {
  return group.changes.reduce((sum, change) => sum + change[table].length, 0);
}

function toColumns(changes: readonly Change[], table: "entries" | "live"): Columns {
  const columns: Columns = { sids: [], seqs: [], lines: [] };
  for (const change of changes) {
    for (const { seq, line } of change[table]) {
      columns.sids.push(change.sid);
      columns.seqs.push(seq);
      columns.lines.push(line);
    }
  }
  return columns;
}

/** Returns the newest state of each session, by ascending id, so that no two groups deadlock. */
function toStates(changes: readonly Change[]): Map<number, SessionState> {
  const states = new Map<number, SessionState>();
  for (const { sid, state } of changes) if (state) states.set(sid, state);
  return new Map([...states].sort(([left], [right]) => left - right));
}

/** Returns an array literal. `undefined` is null. */
export function toArray(values: readonly (number | boolean | undefined)[]): string {
  return `{${values.map((value) => value ?? "null").join(",")}}`;
}
