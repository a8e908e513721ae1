import { describe, expect, test } from "vitest";
import {
  emptyView,
  fold,
  type MessageEntry,
  type NumberedEvent,
  type SessionEvent,
  type SessionView,
  toEntry,
} from "../src/index.ts";
import { numbered, resync, shown, viewOf } from "./session-samples.ts";

const timestamp = 1;

/**
 * Returns a turn that makes one call with the id `call_0`, as models do that number their calls in
 * each turn.
 */
function turn(runId: string, id: string, command: string, output?: string): SessionEvent[] {
  const call = { callId: "call_0", toolName: "bash", input: { command } };
  const events: SessionEvent[] = [
    { type: "assistant_message", runId, id, content: "", timestamp, toolCalls: [call] },
    { type: "tool_start", runId, ...call },
  ];
  if (output === undefined) return events;
  const { callId, toolName } = call;
  return [
    ...events,
    { type: "tool_done", runId, id: `${id}-result`, callId, toolName, output, isError: false, timestamp },
  ];
}

/** The messages that a transcript keeps of the events. */
function entriesOf(events: readonly NumberedEvent[]): MessageEntry[] {
  return events.flatMap((event) => {
    const entry = toEntry(event);
    return entry && "role" in entry ? [entry] : [];
  });
}

const bothRuns = [...turn("r1", "m1", "ls", "a.txt"), ...turn("r2", "m2", "rm a.txt", "removed")];
const oneRun = [...turn("r1", "m1", "ls", "a.txt"), ...turn("r1", "m2", "rm a.txt", "removed")];
const calls = ['bash {"command":"ls"} done: a.txt', 'bash {"command":"rm a.txt"} done: removed'];

describe.each([
  ["two runs", bothRuns],
  ["two turns of one run", oneRun],
])("a call id that %s use names two calls", (_case, events) => {
  test("while their events arrive", () => {
    expect(shown(viewOf(...numbered(events)))).toEqual(calls);
  });

  test("when the transcript is loaded at once", () => {
    expect(shown(viewOf(resync(entriesOf(numbered(events)))))).toEqual(calls);
  });

  test.each([1, 2, 3])(
    "when the transcript is loaded in two pages, the older one with %i messages",
    (count) => {
      const entries = entriesOf(numbered(events));
      const newer = resync(entries.slice(count), true);
      const older = {
        type: "history",
        sessionId: "s",
        messages: entries.slice(0, count),
        hasMore: false,
      } as const;
      const view: SessionView = [newer, older].reduce(fold, emptyView);

      expect(shown(view)).toEqual(calls);
      expect(new Set(view.items.map(({ key }) => key)).size).toBe(view.items.length);
    },
  );

  test("with an open second call that keeps its own output", () => {
    const second = events.slice(0, -1);
    const runId = events === oneRun ? "r1" : "r2";
    const output: SessionEvent = { type: "tool_output", runId, callId: "call_0", content: "rem" };

    expect(shown(viewOf(...numbered([...second, output])))).toEqual([
      calls[0],
      'bash {"command":"rm a.txt"} running: rem',
    ]);
  });
});

test("an approval of a reused call id belongs to the newest call", () => {
  const request: SessionEvent = {
    ...{ type: "approval_request", runId: "r2", callId: "call_0", toolName: "bash", reason: "Run rm?" },
  };
  const events = numbered([...turn("r1", "m1", "ls", "a.txt"), ...turn("r2", "m2", "rm a.txt"), request]);
  const asked = viewOf(...events).items.map((item) =>
    item.kind === "tool" ? item.asksFor?.reason : undefined,
  );

  expect(asked).toEqual([undefined, "Run rm?"]);
});
