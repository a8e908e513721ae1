import { isDeepStrictEqual } from "node:util";
import type { Message, MessageEntry } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";

/** How many of a session's newest entries are searched for an idempotency key; told in the port. */
export const REMEMBERED_ENTRIES = 1_000;

/** The newest idempotency keys of a session, with what was appended under them. The oldest are forgotten. */
export class RememberedKeys {
  readonly #entries = new Map<string, MessageEntry[]>();

  remember(key: string, entries: MessageEntry[]): void {
    this.#entries.set(key, entries);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > REMEMBERED_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** What was appended under the key. @throws StoreError `IDEMPOTENCY_CONFLICT` if it was something else */
  find(key: string, messages: readonly Message[]): MessageEntry[] | undefined {
    const entries = this.#entries.get(key);
    if (!entries) return undefined;
    const before = entries.map(({ seq: _seq, id: _id, runId: _runId, ...message }) => message);
    if (isDeepStrictEqual(before, messages)) return entries;
    throw new StoreError(
      "IDEMPOTENCY_CONFLICT",
      `idempotency key ${JSON.stringify(key)}: other messages were appended under it`,
    );
  }
}
