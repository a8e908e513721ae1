import fc from "fast-check";
import { expect, test } from "vitest";
import { cursorAfter, type Listed, pickPage } from "../src/model/sessions-page.ts";

const listed = fc.record({
  sessionId: fc.integer({ min: 0, max: 40 }).map((id) => `s${id}`),
  updatedAt: fc.integer({ min: 0, max: 20 }),
  key: fc.constantFrom("webchat:a", "webchat:b", "telegram:a"),
  archived: fc.boolean(),
});
const sessions = fc.uniqueArray(listed, { selector: ({ sessionId }) => sessionId, maxLength: 40 });

function isListedFirst(left: Listed, right: Listed): number {
  return right.updatedAt - left.updatedAt || (left.sessionId < right.sessionId ? 1 : -1);
}

test("picks the pages of the sorted sessions, in whatever order the sessions come", () => {
  fc.assert(
    fc.property(sessions, fc.integer({ min: 1, max: 10 }), fc.boolean(), (all, limit, archived) => {
      const sorted = all.filter((session) => session.archived === archived).sort(isListedFirst);
      for (const order of [all, sorted, sorted.toReversed()]) {
        for (let at = 0; at <= sorted.length; at += limit) {
          const before = sorted[at - 1];
          const cursor = before && cursorAfter(before);
          const { page, cursor: next } = pickPage(order, { limit, archived, ...(cursor && { cursor }) });
          const expected = sorted.slice(at, at + limit);
          expect(page).toEqual(expected);
          const last = expected.at(-1);
          expect(next).toBe(last && at + limit < sorted.length ? cursorAfter(last) : undefined);
        }
      }
    }),
  );
});
