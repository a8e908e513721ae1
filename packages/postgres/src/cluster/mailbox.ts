import type { Query } from "../connection/connection.ts";
import { ConnectionLost } from "../connection/pg-error.ts";
import type { Names } from "../schema/names.ts";
import { MAIL_PREFIX } from "./payload.ts";

// A database that restarts is back within about this time.
const RETRY_MS = 100;
// More than a node sends while the database is away for its lease.
const MAX_WAITING = 10_000;
// As many ids as a notification has room for. One without ids wakes all nodes.
const MAX_NAMED = 300;

/** A text for one node, or for all others. */
export interface Letter {
  /** @default all other nodes */
  readonly to?: number;
  readonly body: string;
}

/** A text that came. */
export interface ReceivedLetter {
  readonly from: number;
  readonly body: string;
}

export interface MailboxListener {
  /** Called with a node that letters were for, and that is gone. */
  onUnknown(node: number): void;
  onFailure(error: unknown): void;
}

/**
 * Sends letters of one node, in order. Letters of one turn of the event loop are one statement.
 *
 * The table is not logged, so that a crash of the database loses letters. A statement with an
 * unknown outcome is sent again, so that a letter may arrive twice.
 */
export class Mailbox {
  readonly #query: Query;
  readonly #names: Names;
  readonly #node: () => number | undefined;
  readonly #listener: MailboxListener;
  #waiting: Letter[] = [];
  #isSending = false;

  constructor(
    { query, names }: { query: Query; names: Names },
    node: () => number | undefined,
    listener: MailboxListener,
  ) {
    this.#query = query;
    this.#names = names;
    this.#node = node;
    this.#listener = listener;
  }

  send(letter: Letter): void {
    this.#waiting.push(letter);
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => void this.#sendWaiting());
  }

  /** Removes and returns the letters to this node, oldest first. Some may be lost if it rejects. */
  async take(): Promise<ReceivedLetter[]> {
    const node = this.#node();
    if (node === undefined) return [];
    const text = `with taken as (delete from ${this.#names.schema}.mail where to_node = $1
      returning id, from_node, body) select from_node, body from taken order by id`;
    const rows = await this.#query({ text, values: [node], name: "take_mail", isOnce: true });
    return rows.map((row) => ({ from: Number(row["from_node"]), body: String(row["body"]) }));
  }

  /** Removes the letters to nodes that are gone. */
  async sweep(): Promise<void> {
    const { schema } = this.#names;
    const text = `delete from ${schema}.mail m where not exists (select from ${schema}.nodes n where n.id = m.to_node)`;
    await this.#query({ text });
  }

  /** Never rejects. */
  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const letters = this.#waiting;
      this.#waiting = [];
      const from = this.#node();
      // A node without an id owns nothing, and its letters say nothing that holds.
      if (from === undefined) continue;
      try {
        await this.#insert(from, letters);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) this.#listener.onFailure(error);
        else {
          this.#waiting = [...letters, ...this.#waiting].slice(-MAX_WAITING);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        }
      }
    }
    this.#isSending = false;
  }

  async #insert(from: number, letters: readonly Letter[]): Promise<void> {
    const { schema, channel } = this.#names;
    const text = `with sent as (insert into ${schema}.mail (to_node, from_node, body)
        select n.id, $1, u.body from unnest($2::bigint[], $3::text[]) with ordinality u(to_node, body, rank)
        join ${schema}.nodes n on n.id = u.to_node or (u.to_node is null and n.id <> $1)
        order by u.rank returning to_node),
      woken as (select string_agg(w.id, ' ') as ids, count(*) <= ${MAX_NAMED} as fit
        from (select distinct to_node::text as id from sent) w),
      notice as (select '${MAIL_PREFIX}' || case when fit then ids else '' end as payload from woken where ids <> '')
      select (select ids from woken) as ids, pg_notify('${channel}', n.payload) from notice n`;
    const to = `{${letters.map((letter) => letter.to ?? "null").join(",")}}`;
    const bodies = letters.map(({ body }) => body);
    const [row] = await this.#query({ text, values: [from, to, bodies], name: "send_mail" });
    const ids = typeof row?.["ids"] === "string" ? row["ids"].split(" ") : [];
    const known = new Set(ids.map(Number));
    for (const node of new Set(letters.map((letter) => letter.to)))
      if (node !== undefined && !known.has(node)) this.#listener.onUnknown(node);
  }
}
