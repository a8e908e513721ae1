import type { Fetch } from "./node-fetch.ts";

/** An escaped backslash, or an escaped half of a character: `JSON.stringify` writes a whole one as it is. */
const halfCharacter = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * The same `fetch`, with U+FFFD in place of each half of a character in a body of JSON. Wherever it came from (a model, a tool, a
 * user's client), the Messages API refuses the whole request for it, and each later one of the session too.
 */
export function sendWellFormed(fetch: Fetch): Fetch {
  return (url, init) => {
    const body = init?.body;
    if (typeof body !== "string" || !body.includes("\\ud")) return fetch(url, init);
    const whole = body.replace(halfCharacter, (escaped) => (escaped === "\\\\" ? escaped : "\uFFFD"));
    return fetch(url, { ...init, body: whole });
  };
}
