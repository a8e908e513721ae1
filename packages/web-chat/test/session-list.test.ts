import type { Client } from "@mini-openclaw/client";
import type { ListCommand, SessionSummary, SessionsEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { createSessionListing } from "../page/session-list.ts";

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
  const failures: unknown[] = [];
  const client = {
    ask: (question: ListCommand) => {
      asked.push(question);
      return new Promise<SessionsEvent>((resolve) => answers.push(resolve));
    },
  } as unknown as Client;
  let changeCount = 0;
  const onChange = () => {
    changeCount += 1;
  };
  const listing = createSessionListing({ client, onChange, onFailure: (error) => failures.push(error) });
  async function answer(list: Omit<SessionsEvent, "type">): Promise<void> {
    const before = changeCount;
    answers.shift()?.({ type: "sessions", ...list });
    while (changeCount === before) await Promise.resolve();
    await Promise.resolve();
  }
  return { listing, asked, answer, failures };
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
  const { listing, answer } = testListing();
  listing.saw("a", 5);
  listing.refresh();
  await answer({ sessions: [session("a", 5), session("b", 9)] });
  expect(listing.sessions.map(({ isUnread }) => isUnread)).toEqual([false, false]);

  listing.refresh();
  await answer({ sessions: [session("a", 6, true), session("b", 12)] });

  expect(listing.sessions).toMatchObject([
    { sessionId: "a", isUnread: true, running: true },
    { sessionId: "b", isUnread: false, running: false },
  ]);
});

test("loads more where there are more, each session once", async () => {
  const { listing, asked, answer } = testListing();
  listing.loadMore();
  listing.refresh();
  await answer({ sessions: [session("a"), session("b")], cursor: "c" });
  expect(listing.hasMore).toBe(true);
  listing.loadMore();
  await answer({ sessions: [session("b"), session("c")] });

  expect(asked).toEqual([
    { type: "list", limit: 30 },
    { type: "list", limit: 30, cursor: "c" },
  ]);
  expect(listing.sessions.map(({ sessionId }) => sessionId)).toEqual(["a", "b", "c"]);
  expect(listing.hasMore).toBe(false);
});
