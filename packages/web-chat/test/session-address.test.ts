import { expect, test } from "vitest";
import { addressOf, sessionIdOf } from "../page/dom/session-address.ts";

test("names a session in the page's address, and finds it there", () => {
  const sessionId = "0199f3a0-0000-7000-8000-000000000000";

  expect(addressOf(sessionId)).toBe(`#/s/${sessionId}`);
  expect(sessionIdOf(addressOf(sessionId))).toBe(sessionId);
});

test.each(["", "#", "#/s/", "#/s/a/b", "#/s/<b>", "#/S/a", `#/s/${"a".repeat(129)}`, "#ws://evil.example"])(
  "finds none in %j",
  (hash) => {
    expect(sessionIdOf(hash)).toBeUndefined();
  },
);
