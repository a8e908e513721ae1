/** Returns true for an instance of a class, and false for a proxy that throws. */
export function isInstance<Type>(value: unknown, type: new (...args: never[]) => Type): value is Type {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/**
 * Returns true for an error of any realm that can be read. Within Jest, those of Node are of
 * another one.
 */
export function isError(value: unknown): value is Error {
  try {
    if (!isInstance(value, Error) && !tags.has(Object.prototype.toString.call(value))) return false;
    // A proxy of an error may throw only now.
    Reflect.get(value as Error, "message");
    return true;
  } catch {
    return false;
  }
}

const tags: ReadonlySet<string> = new Set(["[object Error]", "[object DOMException]"]);
