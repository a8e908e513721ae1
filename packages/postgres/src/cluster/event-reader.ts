import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { Query, Row } from "../connection/connection.ts";
import { shareStatements } from "../connection/share-statements.ts";
import type { Names } from "../schema/names.ts";
import { readNextLines, toRecorded } from "../writer/read-lines.ts";

/** A session that watchers of this node follow. */
interface Followed {
  readonly sessionId: string;
  readonly sid: number;
  /** The newest number that was emitted, or that existed when the session was followed. */
  seq: number;
}

interface ReaderDeps {
  readonly query: Query;
  readonly names: Names;
  readonly onEvents: (recorded: readonly RecordedEvent[]) => void;
  /** Asks for a call of `read`. */
  readonly wake: () => void;
}

// So many lines of one session that a long one does not hold up the others.
const MAX_LINES = 200;

/**
 * Reads the new events of all sessions that this node follows, with one statement at a time.
 * Notifications only name the sessions to read.
 */
export class EventReader {
  readonly #deps: ReaderDeps;
  readonly #findNewest: (sessionId: string) => Promise<Row | undefined>;
  /** Sessions by their number. */
  readonly #followed = new Map<number, Followed>();
  readonly #sids = new Map<string, number>();
  /** Sessions that are followed, or about to be. */
  readonly #wanted = new Set<string>();
  /** The sessions to read in the next round. */
  #due = new Set<number>();

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
    this.#findNewest = shareStatements((ids) => findNewest(deps, ids));
  }

  /** Follows a session from its newest number on, and returns that number. */
  async follow(sessionId: string): Promise<number> {
    this.#wanted.add(sessionId);
    const row = await this.#findNewest(sessionId);
    // A deleted session has no events.
    if (!row) return 0;
    const [sid, seq] = [Number(row["num"]), Number(row["newest"])];
    if (!this.#wanted.has(sessionId)) return seq;
    this.#sids.set(sessionId, sid);
    this.#followed.set(sid, { sessionId, sid, seq });
    return seq;
  }

  unfollow(sessionId: string): void {
    this.#wanted.delete(sessionId);
    const sid = this.#sids.get(sessionId);
    this.#sids.delete(sessionId);
    if (sid !== undefined) this.#followed.delete(sid);
  }

  /** Marks sessions with newer events as due. */
  onNewest(newest: ReadonlyMap<number, number>): void {
    for (const [sid, seq] of newest) {
      const followed = this.#followed.get(sid);
      if (followed && followed.seq < seq) this.#due.add(sid);
    }
    if (this.#due.size > 0) this.#deps.wake();
  }

  /** Marks all sessions as due. */
  markAll(): void {
    this.#due = new Set(this.#followed.keys());
  }

  /** Reads and emits the events of the sessions that are due. */
  async read(): Promise<void> {
    while (this.#due.size > 0) {
      const due = [...this.#due].flatMap((sid) => this.#followed.get(sid) ?? []);
      this.#due = new Set();
      try {
        if (due.length > 0) await this.#readOnce(due);
      } catch (error) {
        for (const { sid } of due) this.#due.add(sid);
        throw error;
      }
    }
  }

  async #readOnce(due: readonly Followed[]): Promise<void> {
    const { query, names, onEvents } = this.#deps;
    const sessions = due.map(({ sid, seq }) => ({ sid, after: seq }));
    const { rows, mayGoOn } = await readNextLines(query, names.schema, sessions, { most: MAX_LINES });
    const recorded: RecordedEvent[] = [];
    for (const row of rows) {
      const sid = Number(row["sid"]);
      const followed = this.#followed.get(sid);
      const seq = Number(row["seq"]);
      // The session may have been followed anew meanwhile.
      if (!followed || followed.seq >= seq) continue;
      followed.seq = seq;
      const event = toRecorded(followed.sessionId, row);
      if (event) recorded.push(event);
    }
    for (const { sid } of due) if (mayGoOn(sid)) this.#due.add(sid);
    if (recorded.length > 0) onEvents(recorded);
  }
}

/** Returns a row for each session, with its short id and its newest number. */
async function findNewest({ query, names: { schema } }: ReaderDeps, ids: readonly string[]) {
  const newest = (table: string) => `(select max(t.seq) from ${schema}.${table} t where t.sid = s.num)`;
  const text = `select s.id, s.num, greatest(s.last_seq, ${newest("entries")}, ${newest("live")}) as newest
    from ${schema}.sessions s where s.id = any($1)`;
  const rows = await query({ text, values: [ids], name: "follow" });
  return new Map(rows.map((row) => [String(row["id"]), row]));
}
