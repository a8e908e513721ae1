import { isNestedDeeper } from "@mini-openclaw/protocol/shared";
import { reason, StoreError } from "./errors.ts";

// Far above any message, far below the depth at which functions that call themselves fail.
const MAX_LEVELS = 1_000;

/** Returns true for a value from JSON that is nested too deeply to be copied and written. */
export function isTooDeep(value: unknown): boolean {
  return isNestedDeeper(value, MAX_LEVELS);
}

/** Returns the error of a message that {@link isTooDeep}. */
export function tooDeep(): StoreError {
  return new StoreError(
    "INVALID_MESSAGE",
    `The message must be nested at most ${MAX_LEVELS} levels deep, got more. Save the deep value as text.`,
  );
}

/** Returns a deep copy of a JSON value, so that the caller and the store share no object. */
export function copyJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  // A spread keeps a key `__proto__`, and costs a fraction of a loop over entries.
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const item = copy[key];
    if (typeof item === "object") copy[key] = copyJson(item);
  }
  return copy as T;
}

/**
 * Returns JSON that is one line for every reader. Some readers split lines at U+2028 and U+2029
 * too.
 *
 * @throws StoreError `INVALID_MESSAGE` for a value that JSON does not have
 */
export function toJson(value: object | string): string {
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw new StoreError("INVALID_MESSAGE", `The message must be a JSON value: ${reason(cause)}.`, { cause });
  }
  return json.includes("\u2028") || json.includes("\u2029")
    ? json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
    : json;
}
