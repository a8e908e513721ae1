import { describe, expect, test } from "vitest";
import { AgentError, type AgentErrorCode, type AgentErrorOptions } from "../../src/index.ts";
import { fallbackReasons, nextAttempt, type RetryPolicy } from "../../src/run/retry-policy.ts";

const policy: RetryPolicy = {
  maxRetries: 10,
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  fallbackOn: new Set(fallbackReasons),
  random: () => 0,
};

const failure = (code: AgentErrorCode, options: AgentErrorOptions = {}) => new AgentError(code, "x", options);
const passing = (code: AgentErrorCode, options: AgentErrorOptions = {}) =>
  failure(code, { retryable: true, ...options });
const attempts = { count: 1, failovers: 0, modelCount: 1, remainingMs: 1_800_000 };

describe("the next attempt", () => {
  test.each([
    [
      "is made after a pause that doubles",
      passing("MODEL_FAILED"),
      { count: 3 },
      { delayMs: 1000, failovers: 0 },
    ],
    [
      "waits no longer than the longest pause",
      passing("MODEL_FAILED"),
      { count: 9 },
      { delayMs: 15_000, failovers: 0 },
    ],
    ["ends with the retries", passing("MODEL_FAILED"), { count: 11 }, undefined],
    ["ends sooner when the server cannot be reached", passing("MODEL_UNREACHABLE"), { count: 6 }, undefined],
    ["is not made for an error that stays", failure("MODEL_REJECTED"), {}, undefined],
    [
      "is not made for an error without a code",
      Object.assign(new Error("x"), { retryable: true }),
      {},
      undefined,
    ],
    ["is not made for what is no error", "x", {}, undefined],
    [
      "waits as long as the server asks for, also longer than the longest pause",
      passing("MODEL_RATE_LIMITED", { retryAfterMs: 45_000 }),
      {},
      { delayMs: 45_000, failovers: 0 },
    ],
    [
      "does not wait beyond the end of the run",
      passing("MODEL_RATE_LIMITED", { retryAfterMs: 45_000 }),
      { remainingMs: 40_000 },
      undefined,
    ],
    [
      "obeys no pause that is negative",
      passing("MODEL_RATE_LIMITED", { retryAfterMs: -1 }),
      {},
      { delayMs: 250, failovers: 0 },
    ],
    [
      "asks the next model at once",
      passing("MODEL_OVERLOADED"),
      { modelCount: 2 },
      { delayMs: 0, failovers: 1 },
    ],
    [
      "asks the next model for a key that is refused",
      failure("MODEL_UNAUTHORIZED"),
      { modelCount: 2 },
      { delayMs: 0, failovers: 1 },
    ],
    [
      "asks the next model where the first is retired",
      failure("MODEL_REJECTED", { cause: Object.assign(new Error("gone"), { status: 404 }) }),
      { modelCount: 2 },
      { delayMs: 0, failovers: 1 },
    ],
    [
      "asks the next model where the account of the first cannot pay",
      failure("MODEL_REJECTED", { cause: Object.assign(new Error("no credits"), { refused: "account" }) }),
      { modelCount: 2 },
      { delayMs: 0, failovers: 1 },
    ],
    ["asks no other model for a bad request", failure("MODEL_REJECTED"), { modelCount: 2 }, undefined],
    [
      "asks the first model again after a pause, once every model was asked",
      passing("MODEL_OVERLOADED"),
      { modelCount: 2, failovers: 1, count: 2 },
      { delayMs: 500, failovers: 2 },
    ],
  ])("%s", (_, error, given, expected) => {
    expect(nextAttempt(error, { ...attempts, ...given }, policy)).toEqual(expected);
  });

  test("stays with the model for a reason that is not among those to change it", () => {
    const given = { ...attempts, modelCount: 2 };
    const own = { ...policy, fallbackOn: new Set(["rate_limited"] as const) };
    expect(nextAttempt(passing("MODEL_OVERLOADED"), given, own)).toEqual({ delayMs: 250, failovers: 0 });
    expect(nextAttempt(passing("MODEL_RATE_LIMITED"), given, own)).toEqual({ delayMs: 0, failovers: 1 });
  });

  test("an overload of a minute is survived with the defaults, at every chance", () => {
    let waitedMs = 0;
    for (let count = 1; ; count += 1) {
      const next = nextAttempt(passing("MODEL_OVERLOADED"), { ...attempts, count }, policy);
      if (!next) break;
      waitedMs += next.delayMs;
    }
    expect(waitedMs).toBeGreaterThan(60_000);
  });
});
