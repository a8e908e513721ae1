import { cleanText } from "../errors/clean-text.ts";

/** A stop reason is a word. */
const MAX_CHARS = 64;

/**
 * Servers' words for the stop reasons that the run loop knows. The first pattern that fits counts.
 *
 * Sources: the APIs' references of Anthropic, OpenAI, Mistral (`model_length`), Cohere (`COMPLETE`,
 * `MAX_TOKENS`), Gemini (`SAFETY`, `RECITATION`, …), GLM (`sensitive`), Bedrock
 * (`guardrail_intervened`), TGI (`eos_token`), llama.cpp (`limit`).
 */
const known: readonly (readonly [words: RegExp, stopReason: string])[] = [
  [/^(?:stop|eos|eos_token|complete|completed|end|finished)$/, "end_turn"],
  [/^(?:tool_calls?|function_calls?)$/, "tool_use"],
  [/context/, "model_context_window_exceeded"],
  [/length|tokens|^limit$|incomplete/, "max_tokens"],
  [/filter|sensitive|safety|recitation|prohibited|blocklist|blocked|spii|guardrail|moderat|refus/, "refusal"],
];

/**
 * Returns a stop reason in the words that the run loop knows, any other as its server wrote it. A
 * turn without one ended with its calls, or by itself.
 */
export function toStopReason(reason: string | undefined, hasCalls: boolean): string {
  const name = cleanText(reason ?? "", [], MAX_CHARS);
  if (name === "") return hasCalls ? "tool_use" : "end_turn";
  const words = name.toLowerCase();
  return known.find(([pattern]) => pattern.test(words))?.[1] ?? name;
}

/**
 * Returns true if a stop reason names a failure of the server: `error` (OpenRouter),
 * `insufficient_system_resource` (DeepSeek), `network_error` (GLM), `abort` (SGLang, vLLM),
 * `MALFORMED_FUNCTION_CALL` (Gemini).
 */
export function failsTurn(reason: string): boolean {
  return /error|insufficient|abort|fail|malformed|overload|cancel|time_?out|rate_limit/i.test(reason);
}
