import { isNestedDeeper, isRecord } from "@mini-openclaw/protocol/shared";
import { AgentError } from "../../shared/errors.ts";

export { isRecord };

export type JsonRecord = Record<string, unknown>;

/** Returns a text, and an empty one for everything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Deeper values are no input of a tool. Functions that call themselves for each level would fail on
 * them later.
 */
const MAX_LEVELS = 500;

/** Returns true for a value from JSON that is nested too deeply to be kept. */
export function isTooDeep(value: unknown): boolean {
  return isNestedDeeper(value, MAX_LEVELS);
}

/**
 * Returns the data of an event as an object, or `undefined` where it is none. Gemini sends errors
 * in an array.
 *
 * @throws SyntaxError if the data is not JSON
 * @throws AgentError `MODEL_FAILED` if it is nested too deeply
 */
export function readEvent(data: string): JsonRecord | undefined {
  const event: unknown = JSON.parse(data);
  if (isTooDeep(event)) {
    const message = `The model's server sent an event that is nested more than ${MAX_LEVELS} levels deep.`;
    throw new AgentError("MODEL_FAILED", message, { retryable: true });
  }
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

/**
 * An escaped backslash, or an escaped half of a character: `JSON.stringify` writes a whole one as
 * it is.
 */
const halfCharacter = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/** Returns a text that `JSON.stringify` wrote, with U+FFFD in place of each half of a character. */
export function withoutHalves(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(halfCharacter, (escaped) => (escaped === "\\\\" ? escaped : "\uFFFD"));
}

/** Returns a value as JSON for a field that is a text of JSON: its reader parses it once more. */
export function toJsonText(value: unknown): string {
  return withoutHalves(JSON.stringify(value));
}
