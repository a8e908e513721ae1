import type { ModelToolCall } from "@mini-openclaw/protocol";

/** How much of an input that is not JSON is kept, to be shown to the model. Chosen. */
const INVALID_INPUT_CHARS = 200;

/** A tool call from the pieces that were streamed of it; `given` is its input where none of that came. */
export function toToolCall(callId: string, toolName: string, json: string, given: unknown): ModelToolCall {
  const input = json.trim() === "" ? given : parseJson(json);
  if (isRecord(input)) return { callId, toolName, input };
  return { callId, toolName, input: {}, invalidInput: json.slice(0, INVALID_INPUT_CHARS) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The model wrote something else; the caller makes that an error result which the model sees.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
