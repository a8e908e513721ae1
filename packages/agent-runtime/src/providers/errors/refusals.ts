import { ServerRefusal } from "./api-errors.ts";

/** A request is sent at most so often, each time by what the refusal before taught. */
const MAX_SENDS = 5;

/** Returns the refusal of a request that its server understood, and did not accept. */
export function refusalOf(error: unknown): ServerRefusal | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ServerRefusal)
      return [400, 404, 422, 500].includes(cause.status) ? cause : undefined;
  }
  return undefined;
}

/** Returns the highest number of tokens that a refusal allows for an answer. */
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

/**
 * Returns true if a refusal names too little room for an answer of the limit that was asked for. An
 * answer without a limit is shorter then.
 */
export function hasNoRoom(reason: string): boolean {
  return allowedTokens(reason) === undefined && /too large|context|exceed/i.test(reason);
}

/**
 * Sends a request, and again as long as the refusal before taught a rule of its server.
 *
 * @throws what `send` throws
 */
export async function sendByRules<Rules, T>(
  rules: Rules,
  send: (rules: Rules) => Promise<T>,
  learn: (error: unknown, rules: Rules) => Rules | undefined,
): Promise<{ response: T; rules: Rules }> {
  let current = rules;
  for (let sends = 1; ; sends += 1) {
    try {
      return { response: await send(current), rules: current };
    } catch (error) {
      const learned = sends < MAX_SENDS ? learn(error, current) : undefined;
      if (!learned) throw error;
      current = learned;
    }
  }
}
