import {
  emptyView,
  fold,
  isMessageEntry,
  type MessageEntry,
  type NumberedEvent,
  type SessionEvent,
  type SessionView,
  toEntry,
} from "@mini-openclaw/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ItemRows, itemRows } from "../page/conversation/rows/item-rows.ts";

const timestamp = 1;
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };

interface Turn {
  readonly callCount: number;
  readonly isCounted: boolean;
}

interface Told {
  readonly turns: readonly Turn[];
  readonly outcome: "completed" | "aborted";
  readonly retries: boolean;
  readonly isWaitedFor: boolean;
}

/** The events of a run, and those before it. */
function eventsOf({ turns, outcome, retries, isWaitedFor }: Told, index: number): SessionEvent[] {
  const runId = `run-${index}`;
  const run = { runId, timestamp } as const;
  const user = { type: "user_message", id: `u${index}`, content: `question ${index}`, ...run } as const;
  const isRetry = retries && index > 0;
  return [
    ...(isWaitedFor ? [{ type: "message_queued", content: user.content, ...run } as const] : []),
    ...(isRetry ? [] : [user]),
    { type: "run_start", ...run, ...(isRetry && { retryOf: `run-${index - 1}` }) },
    ...turns.flatMap((turn, place) => turnEvents(turn, { runId, id: `a${index}-${place}`, isRetry, index })),
    { type: "run_end", outcome, usage, ...run },
  ];
}

function turnEvents(
  { callCount, isCounted }: Turn,
  { runId, id, isRetry, index }: { runId: string; id: string; isRetry: boolean; index: number },
): SessionEvent[] {
  const calls = Array.from({ length: callCount }, (_, place) => ({
    ...{ callId: `${id}-c${place}`, toolName: "bash", input: { command: "ls" } },
  }));
  const content = callCount === 2 ? "" : `answer ${id}`;
  return [
    ...(content === "" ? [] : [{ type: "chunk", runId, messageId: id, content } as const]),
    {
      ...{ type: "assistant_message", id, runId, timestamp, content, toolCalls: calls },
      ...(isCounted && { usage, costUsd: 0.25 }),
      ...(isRetry && { retryOf: `run-${index - 1}` }),
    },
    ...calls.flatMap(({ callId, toolName, input }): SessionEvent[] => [
      { type: "tool_start", runId, callId, toolName, input },
      {
        ...{ type: "tool_done", runId, id: `t${callId}`, callId, toolName, timestamp },
        ...{ output: "a.txt", isError: false },
      },
    ]),
  ];
}

function messagesOf(events: readonly NumberedEvent[]): MessageEntry[] {
  return events.flatMap((event) => {
    const entry = toEntry(event);
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

const turn = fc.record({ callCount: fc.nat({ max: 2 }), isCounted: fc.boolean() });
const told = fc.record({
  turns: fc.array(turn, { maxLength: 3 }),
  outcome: fc.constantFrom("completed", "aborted"),
  retries: fc.boolean(),
  isWaitedFor: fc.boolean(),
});
const session = fc.record({
  runs: fc.array(told, { minLength: 1, maxLength: 8 }),
  /**
   * The share that was recorded before the page was opened, and the share of each page of history.
   */
  pastShare: fc.double({ min: 0, max: 1, noNaN: true }),
  pageSize: fc.integer({ min: 1, max: 9 }),
  /** When a page of history comes: after each so manieth event. */
  pace: fc.integer({ min: 1, max: 12 }),
});

test("rows made from those before are the rows of the whole session", () => {
  fc.assert(
    fc.property(session, ({ runs, pastShare, pageSize, pace }) => {
      const events = runs
        .flatMap(eventsOf)
        .map((event, index): NumberedEvent => ({ ...event, sessionId: "s", seq: index + 1 }));
      const opened = Math.floor(events.length * pastShare);
      const past = messagesOf(events.slice(0, opened));
      let view: SessionView = emptyView;
      let before: ItemRows | undefined;
      const show = (next: SessionView) => {
        const [read, whole] = [itemRows(next, before), itemRows(next)];
        expect(read.rows).toEqual(whole.rows);
        expect(read.counts).toEqual(whole.counts);
        [view, before] = [next, read];
      };
      const page = () => ({ sessionId: "s", messages: past.splice(-pageSize), hasMore: past.length > 0 });

      show(fold(view, { type: "resync", epoch: "e", upTo: opened, ...page() }));
      for (const [index, event] of events.slice(opened).entries()) {
        show(fold(view, event));
        if (index % pace === 0) show(fold(view, { type: "history", ...page() }));
      }
      while (past.length > 0) show(fold(view, { type: "history", ...page() }));
      expect(view.oldestSeq).toBe(messagesOf(events)[0]?.seq);
    }),
    { numRuns: 500, seed: 1 },
  );
});

test("goes through the newest answer only while it grows, however long the session is", () => {
  const count = 2000;
  const run = (index: number) => ({ runId: `run-${index}`, timestamp });
  const messages = Array.from({ length: count }, (_, index): MessageEntry => {
    const fields = { seq: index + 1, id: `m${index}`, content: `${index}`, ...run(index >> 1) };
    return index % 2 === 0 ? { role: "user", ...fields } : { role: "assistant", ...fields };
  });
  let read = 0;
  const watched = (view: SessionView): SessionView => ({
    ...view,
    items: view.items.map((item) => ({
      ...item,
      get runId() {
        read += 1;
        return item.runId;
      },
    })),
  });
  const start = { type: "resync", sessionId: "s", epoch: "e", upTo: count, messages, hasMore: true } as const;
  const chunk = {
    type: "chunk",
    sessionId: "s",
    runId: "run-new",
    messageId: "new",
    content: "Yes",
  } as const;
  const growing = fold(fold(emptyView, start), { ...chunk, seq: count + 1 });
  const view = watched(growing);
  const before = itemRows(view);
  read = 0;
  const after = itemRows(fold(view, { ...chunk, seq: count + 2 }), before);

  expect(after.rows.at(-1)).toMatchObject({ content: "YesYes" });
  expect(read).toBeLessThan(20);
});
