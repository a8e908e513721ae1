/** Returns true for a promise, or for anything else that has `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * Handles the rejection of what an app's callback returned. A callback that is declared without a
 * promise may be an async function all the same, and a rejection that nobody handles ends the
 * process.
 */
export function swallowRejection(returned: unknown, onRejected: (error: unknown) => void = () => {}): void {
  if (isThenable(returned)) Promise.resolve(returned).catch(onRejected);
}

/**
 * Returns what a callback returned, if that is no promise.
 *
 * @throws TypeError
 */
export function requireSync<Value>(returned: Value, name: string): Value {
  if (!isThenable(returned)) return returned;
  swallowRejection(returned);
  throw new TypeError(
    `\`${name}\` must return its result at once, got a promise. Do not make it an async function.`,
  );
}
