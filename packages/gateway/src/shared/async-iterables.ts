import { describeValue } from "@mini-openclaw/protocol/shared";
import { isThenable } from "./callbacks.ts";

/**
 * Begins to read what an app's method returned. A method that is not an async generator may return
 * anything, and a rejection that nobody handles ends the process.
 *
 * @throws TypeError for anything but an async iterable
 */
export function iterate<Item>(returned: AsyncIterable<Item>, method: string): AsyncIterator<Item> {
  const begin: unknown = isObject(returned) && Reflect.get(returned, Symbol.asyncIterator);
  if (typeof begin !== "function") throw notIterable(returned, method);
  const iterator: unknown = begin.call(returned);
  if (!isObject(iterator) || typeof iterator["next"] !== "function") throw notIterable(iterator, method);
  return iterator as unknown as AsyncIterator<Item>;
}

/** Returns an async iterable that checks each item of what an app's method returns. */
export function checkItems<Item>(
  method: string,
  call: () => AsyncIterable<Item>,
  check: (item: Item) => Item,
): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = iterate(call(), method);
      return {
        next: async () => {
          const result = await iterator.next();
          return result.done === true ? result : { done: false, value: check(result.value) };
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Handles the rejections of a value that is no result, and of the promises in it. */
export function discard(value: unknown, depth = 5): void {
  if (!isObject(value) || depth === 0) return;
  if (isThenable(value)) {
    Promise.resolve(value).then(
      (result) => discard(result, depth - 1),
      () => undefined,
    );
    return;
  }
  for (const part of Object.values(value)) discard(part, depth - 1);
}

/** Describes what a method returned, for the error of its author. */
export function describeReturned(value: unknown): string {
  return isThenable(value) ? "a promise" : describeValue(value);
}

function notIterable(value: unknown, method: string): TypeError {
  discard(value);
  const name = method.replace(/^.*\./, "");
  return new TypeError(
    `\`${method}\` must return an async iterable, got ${describeReturned(value)}. Write it as \`async *${name}(…)\`.`,
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
