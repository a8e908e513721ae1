import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { RawViewer } from "./raw-viewer.ts";
import { rounds } from "./rounds.ts";
import { buildServer, startServer, temporaryFolder } from "./server-process.ts";
import { compare } from "./story.ts";

const SESSIONS = rounds({ short: 50, long: 500 });
const PIECES = rounds({ short: 30, long: 100 });

test(`${SESSIONS} sessions that stream at once are all complete`, async () => {
  await using folder = await temporaryFolder();
  await using server = await startServer(await buildServer(folder.path), folder.path);
  const host = `127.0.0.1:${server.port}`;
  const idle = await pingUntil(`ws://${host}/?pings`, delay(300));

  const viewers = Array.from({ length: SESSIONS }, (_, seed) => {
    const order = { seed, pieces: PIECES, chars: 40, gapMs: 50 };
    return new RawViewer(order, { url: `ws://${host}/?${seed}`, host });
  });
  const streaming = Promise.all(viewers.map(timeOf));
  await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.eventCount > 0)));
  const busy = await pingUntil(`ws://${host}/?pings`, streaming);
  const times = await streaming;

  const durations = times.map(({ from, to }) => to - from);
  const allAtOnceMs = Math.min(...times.map(({ to }) => to)) - Math.max(...times.map(({ from }) => from));
  const fairness = Math.max(...durations) / Math.min(...durations);
  const pings = `ping idle ${summary(idle)}, meanwhile ${summary(busy)}`;
  console.log(
    `torture crowd: ${SESSIONS} sessions, ${Math.round(allAtOnceMs)} ms all at once; slowest ÷ fastest ${fairness.toFixed(2)}; ${pings}`,
  );
  expect(viewers.flatMap(({ faults }) => faults)).toEqual([]);
  for (const { text, order } of viewers) expect(compare(text, order)).toEqual({ missing: 0, doubled: 0 });
  for (const viewer of viewers) viewer.close();
}, 600_000);

/** When a story began and when it ended. */
async function timeOf(viewer: RawViewer): Promise<{ from: number; to: number }> {
  await viewer.until(() => viewer.eventCount > 0);
  const from = performance.now();
  await viewer.until(() => viewer.isOver);
  return { from, to: performance.now() };
}

/** Pings, one after the other, until something is over; gives how long each took, in milliseconds. */
async function pingUntil(url: string, over: Promise<unknown>): Promise<number[]> {
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.once("message", resolve));
  const tookMs: number[] = [];
  let isOver = false;
  void over.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const sentAt = performance.now();
    socket.send('{"type":"ping"}');
    await new Promise((resolve) => socket.once("message", resolve));
    tookMs.push(performance.now() - sentAt);
    await delay(10);
  }
  socket.close();
  return tookMs;
}

function summary(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(1);
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
}
