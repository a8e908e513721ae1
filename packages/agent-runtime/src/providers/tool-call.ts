import type { ModelToolCall } from "@mini-openclaw/protocol";
import { wholeHead } from "../shared/cut-text.ts";

/** How much of an input that is not JSON is kept, to be shown to the model. Chosen. */
const INVALID_INPUT_CHARS = 200;

/** A tool call from the pieces that were streamed of it; `given` is its input where none of that came. */
export function toToolCall(callId: string, toolName: string, json: string, given: unknown): ModelToolCall {
  const input = json.trim() === "" ? given : parseJson(json);
  if (isRecord(input)) return { callId, toolName, input };
  return { callId, toolName, input: {}, invalidInput: wholeHead(json, INVALID_INPUT_CHARS) };
}

/** The name of a tool as servers take it back: what a model once called may be none of theirs, nor of any tool. */
export function toApiName(toolName: string): string {
  return toolName.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unknown";
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
