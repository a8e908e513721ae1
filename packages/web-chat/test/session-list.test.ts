import type { Client } from "@mini-openclaw/client";
import type { ListCommand, SessionSummary, SessionsEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { createSeenSessions } from "../page/sessions/seen-sessions.ts";
import { SessionListing } from "../page/sessions/session-list.ts";

function session(sessionId: string, lastSeq = 1, running = false): SessionSummary {
  const times = { createdAt: 1, updatedAt: 1, messageCount: 1, epoch: "0" };
  return {
    sessionId,
    key: "webchat",
    channel: "webchat",
    title: `about ${sessionId}`,
    lastSeq,
    running,
    ...times,
  };
}

/** A listing of a client whose answers the test gives. */
function testListing() {
  const asked: ListCommand[] = [];
  const answers: ((list: SessionsEvent) => void)[] = [];
  const seen = createSeenSessions({ read: () => undefined, write: () => {} });
  const failures: unknown[] = [];
  const client = {
    ask: (question: ListCommand, { signal }: { signal?: AbortSignal } = {}) => {
      asked.push(question);
      return new Promise<SessionsEvent>((resolve, reject) => {
        answers.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      });
    },
  } as unknown as Client;
  const onFailure = (error: unknown) => failures.push(error);
  const listing = new SessionListing({ client, seen, onChange: () => {}, onFailure });
  let answered = 0;
  /** Answers the next question, or the one at a place, and waits until the listing has taken it. */
  async function answer(list: Omit<SessionsEvent, "type">, at = answered): Promise<void> {
    answered = at + 1;
    answers[at]?.({ type: "sessions", ...list });
    await new Promise(setImmediate);
  }
  return { listing, seen, asked, answer, failures };
}

test("reads the list once at a time, and again for what changed meanwhile", async () => {
  const { listing, asked, answer } = testListing();
  listing.refresh();
  listing.refresh();
  listing.refresh();
  expect(asked.length).toBe(1);

  await answer({ sessions: [session("a")] });
  expect(asked.length).toBe(2);
  await answer({ sessions: [session("b"), session("a")] });

  expect(listing.sessions.map(({ title }) => title)).toEqual(["about b", "about a"]);
  expect(asked.length).toBe(2);
});

test("marks a session as unread when it went on after it was shown", async () => {
  const { listing, seen, answer } = testListing();
  seen.saw("a", 5);
  listing.refresh();
  await answer({ sessions: [session("a", 5), session("b", 9)] });
  expect(listing.sessions.map(({ isUnread }) => isUnread)).toEqual([false, false]);

  listing.refresh();
  await answer({ sessions: [session("a", 6, true), session("b", 12)] });

  expect(listing.sessions).toMatchObject([
    { sessionId: "a", isUnread: true, running: true },
    { sessionId: "b", isUnread: true, running: false },
  ]);
});

test("asks for what is searched for, and forgets the answer to what was asked before", async () => {
  const { listing, asked, answer } = testListing();
  listing.refresh();
  listing.show({ text: "whale" });
  listing.show({ archived: true });
  await answer({ sessions: [session("old")] }, 0);
  await answer({ sessions: [session("older")] }, 1);
  expect([listing.sessions, listing.shownFilter]).toEqual([[], undefined]);

  await answer({ sessions: [session("new")] }, 2);

  expect(listing.sessions.map(({ sessionId }) => sessionId)).toEqual(["new"]);
  expect(listing.shownFilter).toEqual({ archived: true, text: "whale" });
  expect(asked).toEqual([
    { type: "list", limit: 30 },
    { type: "search", text: "whale", limit: 30 },
    { type: "search", text: "whale", limit: 30, archived: true },
  ]);
});

test.each([
  ["of the list", "", { type: "list", limit: 30 }],
  ["of what was found", "whale", { type: "search", text: "whale", limit: 30 }],
] as const)("loads more where there is more %s, each session once", async (_, text, question) => {
  const { listing, asked, answer } = testListing();
  listing.loadMore();
  listing.show({ text });
  await answer({ sessions: [session("a"), session("b")], cursor: "c" });
  expect(listing.hasMore).toBe(true);
  listing.loadMore();
  await answer({ sessions: [session("b"), session("c")] });

  expect(asked).toEqual([question, { ...question, cursor: "c" }]);
  expect(listing.sessions.map(({ sessionId }) => sessionId)).toEqual(["a", "b", "c"]);
  expect(listing.hasMore).toBe(false);
});

test("knows which sessions wait for an approval, also while a search lists others", async () => {
  const { listing, asked, answer } = testListing();
  const asking = { ...session("a"), awaitsApproval: true };
  listing.show({ text: "whale" });
  await answer({ sessions: [session("whales")] });
  listing.update({ type: "session_summary", ...asking, updatedAt: 3 });
  listing.update({ type: "session_summary", ...asking, sessionId: "b", updatedAt: 2 });
  await answer({ sessions: [session("whales")] });
  expect(listing.asking.map(({ sessionId }) => sessionId)).toEqual(["b", "a"]);
  await answer({ sessions: [session("whales")] });

  // While there was no connection, one was decided, and another one began to ask.
  listing.renew();
  listing.update({ type: "session_summary", ...asking, sessionId: "d" });
  await answer({ sessions: [session("whales")] });
  await answer({ sessions: [session("b"), asking, { ...asking, sessionId: "c" }] });

  expect(asked.at(-1)).toEqual({ type: "search", text: "whale", limit: 30 });
  expect(asked.at(-2)).toEqual({ type: "list", limit: 200 });
  expect(listing.asking.map(({ sessionId }) => sessionId).sort()).toEqual(["a", "c", "d"]);
  expect(listing.sessions.map(({ sessionId }) => sessionId)).toEqual(["whales"]);
});

test("reads no other list where the shown one has all sessions", async () => {
  const { listing, asked } = testListing();
  listing.renew();

  expect(asked).toEqual([{ type: "list", limit: 30 }]);
});
