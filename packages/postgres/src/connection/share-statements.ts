import { setImmediate as turn } from "node:timers/promises";

// A statement stays so small that the next callers do not wait long for it.
const MAX_KEYS = 100;

/** The keys of one statement, and the values that it returns for them. */
interface Batch<Key, Value> {
  readonly keys: Set<Key>;
  readonly values: Promise<ReadonlyMap<Key, Value>>;
}

/**
 * Returns a function whose callers share statements. One statement runs at a time, for all keys
 * that callers asked for meanwhile. It begins after each of them has asked, so that no value is
 * older than that of a statement of the caller's own.
 */
export function shareStatements<Key, Value>(
  run: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Batch<Key, Value> | undefined;
  const begin = (): Batch<Key, Value> => {
    const keys = new Set<Key>();
    // Frames of many clients may come in one turn of the event loop.
    const values = last
      .then(() => turn())
      .then(() => {
        if (next?.keys === keys) next = undefined;
        return run([...keys]);
      });
    last = values.catch(() => {});
    return { keys, values };
  };
  return async (key) => {
    if (!next || next.keys.size >= MAX_KEYS) next = begin();
    const { keys, values } = next;
    keys.add(key);
    return (await values).get(key);
  };
}
