import type { NumberedEvent, RecordedEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { joinChunks } from "../src/watch/join-chunks.ts";
import { SessionWatch } from "../src/watch/session-watch.ts";
import { Watchers } from "../src/watch/watchers.ts";
import { gate } from "./test-gateway.ts";

function chunk(seq: number): RecordedEvent {
  const content = `${seq} `;
  const event = { type: "chunk", sessionId: "s", runId: "r", messageId: "m", seq, content } as const;
  return { event, json: JSON.stringify(event) };
}

test("a watch that is behind gets a chunk that was joined with one recorded during the read", async () => {
  const watchers = new Watchers();
  const log = [chunk(1), chunk(2)];
  const [isLive, goLive] = gate();
  const [isReading, beginReading] = gate();
  const shown: NumberedEvent[] = [];
  let reads = 0;
  const show = ({ event }: RecordedEvent) => {
    shown.push(event);
    if (event.seq === 3) goLive();
  };
  const readEvents = (_sessionId: string, { after }: { after: number }) => {
    reads += 1;
    const isSecond = reads === 2;
    async function* events() {
      if (reads === 1) {
        // The watch is behind by two events, and the log records the third while it is read.
        await isReading;
        yield* log.filter(({ event }) => event.seq > after && event.seq < 2);
        return;
      }
      if (isSecond) {
        const third = chunk(3);
        log.push(third);
        watchers.publish([third]);
      }
      yield* log.filter(({ event }) => event.seq > after);
    }
    return joinChunks(events());
  };
  const watchDeps = { watchers, readEvents, holdLive: () => () => {}, onSlow: () => {}, onFailure: () => {} };
  const viewer = { watchDeps, isFull: false, drained: async () => {}, show, requireResume: () => {} };
  const watch = new SessionWatch("s", viewer, 0);
  watchers.publish([chunk(1), chunk(2)]);
  beginReading();
  await isLive;
  watch.close();

  expect(shown.map((event) => ("content" in event ? event.content : "")).join("")).toBe("1 2 3 ");
});
