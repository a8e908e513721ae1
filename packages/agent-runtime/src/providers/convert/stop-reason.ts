import { cleanText } from "../http/clean-text.ts";

/** A stop reason is a word. */
const MAX_CHARS = 64;

/** Servers' words for the stop reasons that the run loop knows. */
const known: Readonly<Record<string, string>> = {
  stop: "end_turn",
  eos: "end_turn",
  completed: "end_turn",
  tool_calls: "tool_use",
  function_call: "tool_use",
  length: "max_tokens",
  model_length: "max_tokens",
  max_output_tokens: "max_tokens",
  incomplete: "max_tokens",
  content_filter: "refusal",
  sensitive: "refusal",
  safety: "refusal",
};

/**
 * Returns a stop reason in the words that the run loop knows, any other as its server wrote it. A
 * turn without one ended with its calls, or by itself.
 */
export function toStopReason(reason: string | undefined, hasCalls: boolean): string {
  if (reason === undefined) return hasCalls ? "tool_use" : "end_turn";
  const name = cleanText(reason, [], MAX_CHARS);
  const lower = name.toLowerCase();
  return Object.hasOwn(known, lower) ? (known[lower] as string) : name;
}

/**
 * Returns true if a stop reason names a failure of the server: `error` (OpenRouter),
 * `insufficient_system_resource` (DeepSeek), `network_error` (GLM), `abort` (SGLang, vLLM),
 * `MALFORMED_FUNCTION_CALL` (Gemini).
 */
export function failsTurn(reason: string): boolean {
  return /error|insufficient|abort|fail|malformed|overload|cancel/i.test(reason);
}
