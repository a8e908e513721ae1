import { describe, expect, test } from "vitest";
import { retryAfter } from "../../src/providers/errors/retry-after.ts";

describe("the pause that a server asks for", () => {
  test.each<[string, Record<string, string>, string, number | undefined]>([
    ["milliseconds", { "retry-after-ms": "1500", "retry-after": "9" }, "", 1500],
    ["seconds", { "retry-after": "7" }, "", 7000],
    ["fractions of a second", { "retry-after": "0.5" }, "", 500],
    ["seconds with their unit", { "retry-after": "30s" }, "", 30_000],
    ["a date that is over", { "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" }, "", 0],
    ["a negative number", { "retry-after": "-5" }, "", 0],
    ["Groq's words", {}, "Rate limit reached. Please try again in 7.66s. Visit …", 7660],
    ["minutes and seconds", {}, "Limit 500000, Requested 1. Please try again in 20m59.552s.", 1_259_552],
    ["OpenAI's words in milliseconds", {}, "Please try again in 352ms.", 352],
    ["Azure's words", {}, "Please retry after 20 seconds.", 20_000],
    ["a minute in words", {}, "Wait at least 1 minute before you ask again", 60_000],
    ["Gemini's words", {}, "You exceeded your current quota. Please retry in 37.48s.", 37_480],
    ["Gemini's field", {}, '{"details":[{"@type":"RetryInfo","retryDelay": "37s"}]}', 37_000],
    ["Hugging Face's field", {}, '{"error":"Model x is currently loading","estimated_time":20.5}', 20_500],
    [
      "OpenRouter's header in the body",
      {},
      '{"metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1741305600000"}}}',
      0,
    ],
    ["a field of seconds", {}, '{"error":{"message":"slow down","retry_after":"3"}}', 3000],
    ["hours", {}, "try again in 2h30m", 9_000_000],
    ["days", {}, "try again in 1 day", 86_400_000],
    ["Chinese", {}, "请求过于频繁，请 15 秒后重试", 15_000],
    ["words where the header is no time", { "retry-after": "soon" }, "try again in 3s", 3000],
    ["a header of milliseconds that is none", { "retry-after-ms": "x", "retry-after": "2" }, "", 2000],
    ["OpenAI's header", { "x-ratelimit-reset-requests": "6m0s" }, "", 360_000],
    [
      "the limit that is used up",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "300ms",
        "x-ratelimit-remaining-tokens": "1000",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      "",
      300,
    ],
    ["seconds until a limit starts anew", { "x-ratelimit-reset-tokens-minute": "33.5" }, "", 33_500],
    ["the last of two limits", { "x-ratelimit-reset-tokens": "1s", "x-ratelimit-reset": "2" }, "", 2000],
    ["a Unix time that is over", { "x-ratelimit-reset": "1741305600" }, "", 0],
    ["a Unix time in milliseconds that is over", { "x-ratelimit-reset": "1741305600000" }, "", 0],
    ["Anthropic's date that is over", { "anthropic-ratelimit-tokens-reset": "2024-01-01T00:00:00Z" }, "", 0],
    ["words rather than the header of a limit", { "x-ratelimit-reset": "9" }, "try again in 3s", 3000],
    ["limits with room", { "x-ratelimit-reset": "9", "x-ratelimit-remaining": "1" }, "", undefined],
    ["a reset that is no time", { "x-ratelimit-reset": "soon" }, "", undefined],
    ["an empty reset", { "x-ratelimit-reset": "" }, "", undefined],
    ["nothing", {}, "Too many requests in the last 60 s", undefined],
    ["a unit that is none", {}, "try again in 5 dozen moons", undefined],
  ])("%s", (_, headers, body, expected) => {
    const found = retryAfter({ status: 429, headers: new Headers(headers), body });
    expect(found === undefined ? undefined : Math.round(found)).toBe(expected);
  });

  test("is until the Unix time or date of a limit", () => {
    const seconds = Math.ceil(Date.now() / 1000) + 60;
    const date = new Date(seconds * 1000).toISOString();
    for (const headers of [
      { "x-ratelimit-reset": `${seconds}` },
      { "x-ratelimit-reset": `${seconds * 1000}` },
      { "anthropic-ratelimit-input-tokens-reset": date },
    ]) {
      const pauseMs = retryAfter({ status: 429, headers: new Headers(headers), body: "" }) ?? 0;
      expect(Math.round(pauseMs / 10_000)).toBe(6);
    }
  });

  test("is not read from the headers of limits where none was reached", () => {
    const headers = new Headers({ "x-ratelimit-reset-tokens": "6m0s" });
    expect(retryAfter({ status: 500, headers, body: "" })).toBeUndefined();
  });

  test("is read without headers too, and takes time in proportion to its length", () => {
    const began = process.cpuUsage();
    const body = "try again in 1s ".repeat(10) + "wait 1".repeat(1400);
    expect(retryAfter({ status: 429, body })).toBe(1000);
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
  });
});
