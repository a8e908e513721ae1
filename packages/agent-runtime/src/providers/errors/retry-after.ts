/** Milliseconds of a unit of time, by the beginning of its name. */
const units: readonly (readonly [name: RegExp, milliseconds: number])[] = [
  [/^(?:ms|milli)/i, 1],
  [/^s/i, 1000],
  [/^m/i, 60_000],
  [/^h/i, 3_600_000],
  [/^d/i, 86_400_000],
];

/**
 * Servers' words for a pause, such as "Please try again in 20m59.552s" (Groq, OpenAI),
 * `"retryDelay": "37s"` (Gemini) and `"estimated_time": 20.5` (Hugging Face, while a model loads).
 */
const pauses: readonly RegExp[] = [
  /"retryDelay"\s*:\s*"([\d.]+s)"/,
  /"(?:retry_after|estimated_time)"\s*:\s*"?(\d+(?:\.\d+)?)\b/,
  /(?:again|retry|wait)[^.]{0,40}?\b(?:in|after|for|wait|least)\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])\s*)+)/i,
  /(\d+\s*)秒后/,
];

/** A greater number of seconds is a time since 1970. This one is of the year 2001. */
const MIN_TIME_SECONDS = 1_000_000_000;

const TOO_MANY_REQUESTS = 429;

/** The answer of a server that refused a request. */
interface RefusedAnswer {
  status: number;
  headers?: Headers | undefined;
  body: string;
}

/**
 * Returns the pause that an answer asks for, in milliseconds: `retry-after-ms`, else `retry-after`
 * in seconds or as a date (RFC 9110, 10.2.3), else the words of its body,
 * else the headers of the limits that are used up.
 */
export function retryAfter({ status, headers, body }: RefusedAnswer): number | undefined {
  const milliseconds = headers?.get("retry-after-ms");
  if (milliseconds && Number.isFinite(Number(milliseconds))) return Math.max(0, Number(milliseconds));
  const value = headers?.get("retry-after");
  if (value) {
    const delayMs = Number.isFinite(Number(value))
      ? Number(value) * 1000
      : (toMilliseconds(value) ?? Date.parse(value) - Date.now());
    if (Number.isFinite(delayMs)) return Math.max(0, delayMs);
  }
  const words = pauses.map((pattern) => pattern.exec(body)?.[1]).find((found) => found !== undefined);
  if (words !== undefined) return toMilliseconds(/^[\d.]+\s*$/.test(words) ? `${words}s` : words);
  if (status !== TOO_MANY_REQUESTS) return undefined;
  return untilReset([...(headers ?? []), ...quotedHeaders(body)]);
}

/** Returns the headers that OpenRouter puts in its body instead: Gitlawb/openclaude#936. */
function quotedHeaders(body: string): [string, string][] {
  const quoted = body.matchAll(/"(x-ratelimit-[a-z-]+)"\s*:\s*"([^"]*)"/gi);
  return [...quoted].map(([, name = "", value = ""]) => [name.toLowerCase(), value]);
}

/**
 * Headers of a limit. OpenAI, Groq and others: `x-ratelimit-reset-tokens: 6m0s`. Anthropic:
 * `anthropic-ratelimit-tokens-reset`, a date. OpenRouter: `x-ratelimit-reset`, a Unix time.
 */
const limitHeader =
  /^(?:x-ratelimit-(?<field>reset|remaining)(?<name>(?:-[a-z]+)*)|anthropic-ratelimit-(?<of>[a-z-]+)-(?<what>reset|remaining))$/;

/**
 * Returns the milliseconds until the limits that are used up start anew, or `undefined` if no
 * header names one. Of several limits the last one counts.
 */
function untilReset(headers: readonly [string, string][]): number | undefined {
  const resets = new Map<string, number | undefined>();
  const left = new Map<string, number>();
  for (const [header, value] of headers) {
    const { field, what = field, name, of = name } = limitHeader.exec(header)?.groups ?? {};
    if (of === undefined) continue;
    if (what === "reset") resets.set(of, toPause(value));
    else left.set(of, Number(value));
  }
  const used = [...resets].flatMap(([name, pauseMs]) =>
    pauseMs !== undefined && (left.get(name) ?? 0) <= 0 ? pauseMs : [],
  );
  return used.length === 0 ? undefined : Math.max(...used);
}

/**
 * Returns the pause of a reset: `6m0s`, a number of seconds, a date, or a Unix time in seconds or
 * milliseconds (OpenRouter).
 */
function toPause(value: string): number | undefined {
  const count = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isNaN(count)) {
    const pauseMs = toMilliseconds(value) ?? Date.parse(value) - Date.now();
    return Number.isNaN(pauseMs) ? undefined : Math.max(0, pauseMs);
  }
  const isTime = count > MIN_TIME_SECONDS;
  const timeMs = count > MIN_TIME_SECONDS * 1000 ? count : count * 1000;
  return Math.max(0, isTime ? timeMs - Date.now() : count * 1000);
}

/** Returns the milliseconds of a text such as `20m59.5s`. */
function toMilliseconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  const isDuration = parts.length > 0 && /^(?:\s*\d+(?:\.\d+)?\s*[a-z]+)+\s*$/i.test(text);
  if (!isDuration) return undefined;
  return parts.reduce((sum, [, count, name = ""]) => {
    const [, milliseconds = Number.NaN] = units.find(([unit]) => unit.test(name)) ?? [];
    return sum + Number(count) * milliseconds;
  }, 0);
}
