/** Returns a deep copy of a JSON value, so that the caller and the store share no object. */
export function copyJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // An assignment to `__proto__` would not make a key.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: copyJson(item), enumerable: true });
    else copy[key] = copyJson(item);
  }
  return copy as T;
}

/** Reports an object that JSON keeps as it is: no nested value, and no number that JSON lacks. */
export function isFlatJson(value: object): boolean {
  for (const item of Object.values(value)) {
    if (typeof item === "string" || typeof item === "boolean") continue;
    if (typeof item !== "number" || !Number.isFinite(item)) return false;
  }
  return true;
}
