import type { NumberedEvent } from "@mini-openclaw/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lengthOf, Stream } from "./streams.ts";

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

const event = (type: string) => ({ type }) as NumberedEvent;

/** Returns the length of the longest gap. Steps are times to wait and events to get. */
function longest(stream: Stream, steps: readonly (number | string)[]): number | undefined {
  for (const step of steps) {
    if (typeof step === "number") vi.setSystemTime(Date.now() + step);
    else if (step === "send") stream.expect();
    else stream.received(event(step));
  }
  const gap = stream.takeLongest();
  return gap && lengthOf(gap);
}

test("a gap lasts from an event, or from a message of the user, to the next event", () => {
  const stream = new Stream();
  expect(longest(stream, [50])).toBeUndefined();
  expect(longest(stream, ["send", 5, "user_message", 3, "chunk", 4, "run_end"])).toBe(5);
  expect(longest(stream, [100, "send", 2, "user_message", 7])).toBe(7);
  expect(longest(stream, [1])).toBe(8);
});

test("a message of the user does not end the gap of a device that is behind", () => {
  expect(longest(new Stream(), ["send", "user_message", 4, "send", 5, "run_end"])).toBe(9);
});
