/**
 * Returns the first `maxChars` UTF-16 units of a text, or one fewer where the cut would split a
 * character.
 */
export function cutText(text: string, maxChars: number): string {
  return text.slice(0, maxChars - Number(splitsCharacter(text, maxChars)));
}

/**
 * Returns the last `maxChars` UTF-16 units of a text, or one fewer where the cut would split a
 * character.
 */
export function cutTextStart(text: string, maxChars: number): string {
  const start = Math.max(0, text.length - maxChars);
  return text.slice(start + Number(splitsCharacter(text, start)));
}

/**
 * Returns true if a cut before the unit at `index` would separate the two halves of a surrogate
 * pair.
 */
export function splitsCharacter(text: string, index: number): boolean {
  return (
    isBetween(text.charCodeAt(index - 1), 0xd800, 0xdbff) && isBetween(text.charCodeAt(index), 0xdc00, 0xdfff)
  );
}

function isBetween(unit: number, first: number, last: number): boolean {
  return unit >= first && unit <= last;
}

// Enough to recognize a value; an error text must not repeat a whole message.
const MAX_QUOTED_CHARS = 40;

/**
 * Returns a short description of a value for an error text. A string is quoted, and cut if it is
 * long.
 */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string": {
      const end = value.length > MAX_QUOTED_CHARS ? "…" : "";
      return JSON.stringify(`${cutText(value, MAX_QUOTED_CHARS)}${end}`);
    }
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "undefined":
      return "nothing";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
  }
}

/** Returns true for an object that is no array, such as the value of a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Fails for a value that no code path should produce. The parameter's type proves that a `switch`
 * is complete.
 */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${describeValue(value)}. This is a bug in Mini OpenClaw.`);
}
