/**
 * Returns the reason that an error of any realm gives, or the text of whatever else was thrown.
 * Never throws, although a field of an error may.
 */
export function reasonOf(error: unknown): string {
  try {
    const message = Object(error) === error ? (error as { message?: unknown }).message : undefined;
    return typeof message === "string" && message !== "" ? message : String(error);
  } catch {
    return "its error cannot be read";
  }
}

/** Returns true for an instance of a class, and false for a proxy that throws. */
export function isInstance<Type>(value: unknown, type: new (...args: never[]) => Type): value is Type {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/**
 * Handles the rejection of what code from elsewhere returned. A function that is declared without a
 * promise may be async all the same, and a rejection that nobody handles ends the process.
 */
export function handleRejection(returned: unknown, onError: (error: unknown) => void): void {
  try {
    if (Object(returned) !== returned) return;
    if (typeof (returned as { then?: unknown }).then !== "function") return;
    Promise.resolve(returned).catch(onError);
  } catch (error) {
    onError(error);
  }
}

/**
 * Starts work whose promise its caller may forget: a rejection that nobody handles ends the
 * process.
 */
export function unwatched<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}
