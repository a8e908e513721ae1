/** Milliseconds of a unit of time, by the beginning of its name. */
const units: readonly (readonly [name: RegExp, milliseconds: number])[] = [
  [/^(?:ms|milli)/i, 1],
  [/^s/i, 1000],
  [/^m/i, 60_000],
  [/^h/i, 3_600_000],
  [/^d/i, 86_400_000],
];

/**
 * Servers' words for a pause, such as "Please try again in 20m59.552s" (Groq, OpenAI) and
 * `"retryDelay": "37s"` (Gemini).
 */
const pauses: readonly RegExp[] = [
  /"retryDelay"\s*:\s*"([\d.]+s)"/,
  /(?:again|retry|wait)[^.]{0,40}?\b(?:in|after|for|wait|least)\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])\s*)+)/i,
  /(\d+\s*)秒后/,
];

/**
 * Returns the pause that an answer asks for, in milliseconds: `retry-after-ms`, else `retry-after`
 * in seconds or as a date (RFC 9110, 10.2.3), else the words of its body.
 */
export function retryAfter(headers: Headers | undefined, body: string): number | undefined {
  const milliseconds = headers?.get("retry-after-ms");
  if (milliseconds && Number.isFinite(Number(milliseconds))) return Math.max(0, Number(milliseconds));
  const value = headers?.get("retry-after");
  if (value) {
    const delayMs = Number.isFinite(Number(value))
      ? Number(value) * 1000
      : (toMilliseconds(value) ?? Date.parse(value) - Date.now());
    if (Number.isFinite(delayMs)) return Math.max(0, delayMs);
  }
  const words = pauses.map((pattern) => pattern.exec(body)?.[1]).find((found) => found !== undefined);
  return words === undefined ? undefined : toMilliseconds(/^\d+\s*$/.test(words) ? `${words}s` : words);
}

/** Returns the milliseconds of a text such as `20m59.5s`. */
function toMilliseconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  const isDuration = parts.length > 0 && /^(?:\s*\d+(?:\.\d+)?\s*[a-z]+)+\s*$/i.test(text);
  if (!isDuration) return undefined;
  return parts.reduce((sum, [, count, name = ""]) => {
    const [, milliseconds = Number.NaN] = units.find(([unit]) => unit.test(name)) ?? [];
    return sum + Number(count) * milliseconds;
  }, 0);
}
