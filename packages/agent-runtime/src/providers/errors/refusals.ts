import { ServerRefusal } from "./api-errors.ts";

/** A request is sent at most so often, each time by what the refusal before taught. */
const MAX_SENDS = 5;

/** Returns the refusal of a request that its server understood, and did not accept. */
export function refusalOf(error: unknown): ServerRefusal | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ServerRefusal)
      return [400, 402, 404, 422, 500].includes(cause.status) ? cause : undefined;
  }
  return undefined;
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
