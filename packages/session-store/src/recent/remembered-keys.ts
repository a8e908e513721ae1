import { createHash } from "node:crypto";
import type { Message } from "@mini-openclaw/protocol";
import { describeValue } from "@mini-openclaw/protocol/shared";
import { StoreError } from "../model/errors.ts";

/** The number of newest entries that are searched for an idempotency key, as the port promises. */
export const REMEMBERED_ENTRIES = 1_000;

/** An append under a key: a digest of its messages, and the numbers of its entries. */
export interface KeyedAppend {
  readonly digest: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/**
 * The newest idempotency keys of a session. The oldest are forgotten. Holds digests, not messages.
 */
export class RememberedKeys {
  readonly #appends = new Map<string, KeyedAppend>();

  remember(key: string, append: KeyedAppend): void {
    this.#appends.set(key, append);
    const [oldest] = this.#appends.keys();
    if (this.#appends.size > REMEMBERED_ENTRIES && oldest !== undefined) this.#appends.delete(oldest);
  }

  forget(key: string): void {
    this.#appends.delete(key);
  }

  /**
   * Returns the append under the key. @throws StoreError `IDEMPOTENCY_CONFLICT` for other messages
   */
  find(key: string, digest: string): KeyedAppend | undefined {
    const append = this.#appends.get(key);
    if (!append || append.digest === digest) return append;
    throw new StoreError(
      "IDEMPOTENCY_CONFLICT",
      `\`idempotencyKey\` must be new, got ${describeValue(key)} with other messages than before. Use another key.`,
    );
  }
}

/** Digests messages as the transcript keeps them. The order of an object's keys does not matter. */
export function digestMessages(messages: readonly Message[]): string {
  const hash = createHash("sha256");
  for (const message of messages) hash.update(JSON.stringify(message, sortKeys)).update("\n");
  return hash.digest("base64").slice(0, 22);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
