/** An answer of fewer tokens is not worth a request. The conversation is made shorter instead. */
const MIN_ROOM = 1024;

/**
 * Servers' words for a prompt and an answer that share a window, each with its counts. Sources:
 * - Anthropic: "input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000"
 * - vLLM: "'max_tokens' … is too large: 8192 … (8192 > 32768 - 30000)"
 * - DeepSeek, older vLLM: evalstate/fast-agent#621
 */
const countedWindows: readonly RegExp[] = [
  /limit: (?<prompt>\d+) \+ \d+ > (?<window>\d+)/,
  /\(\d+ > (?<window>\d+) - (?<prompt>\d+)\)/,
  /context length is (?<window>\d+) tokens[^(]*\((?<prompt>\d+) in the messages, \d+ in the completion\)/,
];

/** vLLM counts a prompt no further than to the limit. Source: vllm-project/vllm#42474. */
const uncountedPrompt = /requested (\d+) output tokens and your prompt contains at least/;

/** OpenRouter, where an account cannot pay for the whole answer. Source: astrio-labs/forall#76. */
const affordable = /can only afford (\d+)/;

/** Returns the highest number of tokens that a refusal allows for any answer. */
export function allowedTokens(reason: string): number | undefined {
  const found =
    /max_(?:completion_|output_)?tokens[^.]{0,80}?(?:at most|less than or equal to|<=|maximum(?: \w+)* (?:is|of)|between 1 and|up to|\[1, ?)\s*(\d+)/i.exec(
      reason,
    ) ??
    /supports at most (\d+) (?:completion|output) tokens/i.exec(reason) ??
    /max_tokens: \d+ > (\d+)/i.exec(reason);
  const tokens = Number(found?.[1]);
  return Number.isSafeInteger(tokens) && tokens > 0 ? tokens : undefined;
}

/** Returns true if vLLM refuses an answer's limit for the length of the conversation before it. */
export function sharesWindow(reason: string): boolean {
  return /your request has \d+ input tokens/.test(reason);
}

/**
 * Returns the tokens that a refusal leaves for the answer of this one request, `undefined` where
 * they are too few or not counted.
 */
export function roomIn(reason: string): number | undefined {
  const { window, prompt } = countedWindows.map((one) => one.exec(reason)?.groups).find(Boolean) ?? {};
  const half = Number(uncountedPrompt.exec(reason)?.[1]) / 2;
  const paid = Number(affordable.exec(reason)?.[1]);
  return [Number(window) - Number(prompt), Math.floor(half), paid].find((tokens) => tokens >= MIN_ROOM);
}

/** Returns the rules with the room that a refusal leaves, where that is less than before. */
export function withRoom<Rules extends { room: number }>(reason: string, rules: Rules): Rules | undefined {
  const room = roomIn(reason);
  return room !== undefined && room < rules.room ? { ...rules, room } : undefined;
}

/**
 * Returns true if a refusal names too little room for an answer of the limit that was asked for. An
 * answer without a limit is shorter then.
 */
export function hasNoRoom(reason: string): boolean {
  return allowedTokens(reason) === undefined && /too large|context|exceed/i.test(reason);
}
