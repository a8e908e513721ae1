import { expect, test } from "vitest";
import { createSeenSessions } from "../page/sessions/seen-sessions.ts";

/** A browser's storage, which tabs share. */
function testMemory(kept?: string) {
  let text = kept;
  return {
    read: () => text,
    write: (next: string) => {
      text = next;
    },
  };
}

test("remembers how far each session was seen, through a reload", () => {
  const memory = testMemory();
  createSeenSessions(memory).saw("a", 5);
  const seen = createSeenSessions(memory);

  expect([5, 6].map((lastSeq) => seen.isUnread({ sessionId: "a", lastSeq }))).toEqual([false, true]);
});

test("counts a session that was never shown as seen, until it changes", () => {
  const seen = createSeenSessions(testMemory());
  expect(seen.isUnread({ sessionId: "a", lastSeq: 5 })).toBe(false);
  seen.listed([{ sessionId: "a", lastSeq: 5 }]);

  expect(seen.isUnread({ sessionId: "a", lastSeq: 6 })).toBe(true);
});

test("takes up what another tab has seen, and never goes back", () => {
  const memory = testMemory();
  const [one, two] = [createSeenSessions(memory), createSeenSessions(memory)];
  one.saw("a", 9);
  two.saw("a", 4);
  two.reload();

  expect(two.isUnread({ sessionId: "a", lastSeq: 9 })).toBe(false);
});

test("keeps the 500 sessions that were seen last", () => {
  const memory = testMemory();
  const seen = createSeenSessions(memory);
  for (let index = 0; index < 501; index += 1) seen.saw(`s${index}`, 1);
  const after = createSeenSessions(memory);

  expect(["s0", "s1"].map((sessionId) => after.isUnread({ sessionId, lastSeq: 2 }))).toEqual([false, true]);
});

test.each(["{", "null", "[1]", '{"a":"5"}', '{"a":1.5}'])(
  "begins anew from storage that holds %s",
  (kept) => {
    const seen = createSeenSessions(testMemory(kept));

    expect(seen.isUnread({ sessionId: "a", lastSeq: 9 })).toBe(false);
  },
);
