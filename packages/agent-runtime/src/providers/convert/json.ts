import { isRecord } from "@mini-openclaw/protocol/shared";

export { isRecord };

export type JsonRecord = Record<string, unknown>;

/** Returns a text, and an empty one for everything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Returns the data of an event as an object, or `undefined` where it is none. Gemini sends errors
 * in an array.
 *
 * @throws SyntaxError if the data is not JSON
 */
export function readEvent(data: string): JsonRecord | undefined {
  const event: unknown = JSON.parse(data);
  const first: unknown = Array.isArray(event) ? event[0] : event;
  return isRecord(first) ? first : undefined;
}

/** Returns the value of a text of JSON, or `undefined` where the text is none. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
