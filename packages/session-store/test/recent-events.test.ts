import type { NumberedEvent, RecordedEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { RecentEvents } from "../src/recent/recent-events.ts";

function chunk(seq: number, content = "word"): RecordedEvent {
  const event: NumberedEvent = { type: "chunk", runId: "r", messageId: "m", content, sessionId: "s", seq };
  return { event, json: JSON.stringify(event) };
}

const seqsSince = (recent: RecentEvents, after: number) => recent.since(after)?.map(({ event }) => event.seq);

test("holds the newest 256 events, however many came", () => {
  const recent = new RecentEvents(0);
  for (let seq = 1; seq <= 1000; seq += 1) {
    recent.push([chunk(seq)]);
    const oldest = Math.max(1, seq - 255);
    expect(seqsSince(recent, oldest - 1)).toEqual(
      Array.from({ length: Math.min(seq, 256) }, (_, index) => oldest + index),
    );
    expect(oldest === 1 || recent.since(oldest - 2) === undefined).toBe(true);
  }
  expect(seqsSince(recent, 1000)).toEqual([]);
});

test("holds no more than 256 Ki characters", () => {
  const recent = new RecentEvents(0);
  const text = "x".repeat(100_000);
  for (let seq = 1; seq <= 10; seq += 1) recent.push([chunk(seq, text)]);
  expect(seqsSince(recent, 8)).toEqual([9, 10]);
  expect(recent.since(7)).toBeUndefined();
});

test("holds no event that is longer than all of them may be", () => {
  const recent = new RecentEvents(0);
  recent.push([chunk(1), chunk(2, "x".repeat(300_000))]);
  expect(recent.since(1)).toBeUndefined();
  expect(seqsSince(recent, 2)).toEqual([]);
});
