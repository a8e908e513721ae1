import { isMessageEntry, type MessageEntry } from "@mini-openclaw/protocol";
import {
  collectKeys,
  type KeyedAppend,
  parseTranscriptText,
  RememberedKeys,
  type TranscriptLine,
} from "@mini-openclaw/session-store/kit";
import type { Query } from "../connection/connection.ts";
import { mayHaveMore, withinBytes } from "../connection/page-of-lines.ts";

// One line more than the keys that are remembered, for the group that the last of them is in.
const NEWEST_LINES = 1_100;

/** The idempotency keys of an open session. They are loaded at the first append with a key. */
export class SessionKeys {
  readonly #query: Query;
  readonly #schema: string;
  readonly #sid: number;
  #keys: Promise<RememberedKeys> | undefined;
  #loaded = new RememberedKeys();
  /** Appends that are not written yet. */
  readonly #pending = new Map<string, Promise<MessageEntry[]>>();

  constructor(query: Query, schema: string, sid: number) {
    this.#query = query;
    this.#schema = schema;
    this.#sid = sid;
  }

  async load(): Promise<void> {
    this.#keys ??= this.#load();
    try {
      this.#loaded = await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      throw error;
    }
  }

  /**
   * Returns the entries that were appended under the key, or `undefined` for a new key. Resolves to
   * `undefined` if their append failed.
   *
   * @throws StoreError `IDEMPOTENCY_CONFLICT` for other messages
   */
  find(key: string, digest: string): Promise<MessageEntry[] | undefined> | undefined {
    const before = this.#loaded.find(key, digest);
    if (!before) return undefined;
    return this.#pending.get(key)?.catch(() => undefined) ?? this.#read(before);
  }

  /** Remembers an append under a key, unless it fails. */
  add(key: string, append: KeyedAppend, appending: Promise<MessageEntry[]>): void {
    this.#loaded.remember(key, append);
    this.#pending.set(key, appending);
    appending.then(
      () => this.#pending.delete(key),
      () => {
        this.#pending.delete(key);
        this.#loaded.forget(key);
      },
    );
  }

  #load(): Promise<RememberedKeys> {
    return collectKeys(this.#newestLines());
  }

  async *#newestLines(): AsyncGenerator<TranscriptLine> {
    const lines = `select seq, line from ${this.#schema}.entries where sid = $1 and seq < $2 order by seq desc limit $3`;
    const text = withinBytes(lines, "seq desc");
    let end = Number.MAX_SAFE_INTEGER;
    for (let left = NEWEST_LINES; left > 0; ) {
      const rows = await this.#query({ text, values: [this.#sid, end, left] });
      for (const row of rows) yield parseTranscriptText(String(row["line"]));
      if (!mayHaveMore(rows, left)) return;
      left -= rows.length;
      end = Number(rows.at(-1)?.["seq"]);
    }
  }

  async #read({ firstSeq, lastSeq }: KeyedAppend): Promise<MessageEntry[]> {
    const text = `select line from ${this.#schema}.entries where sid = $1 and seq between $2 and $3 order by seq`;
    const rows = await this.#query({ text, values: [this.#sid, firstSeq, lastSeq] });
    return rows.flatMap((row) => {
      const line = parseTranscriptText(String(row["line"]));
      return line.kind === "entry" && isMessageEntry(line.entry) ? [line.entry] : [];
    });
  }
}
