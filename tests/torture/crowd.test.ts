import { expect, test } from "vitest";
import { RawViewer } from "./raw-viewer.ts";
import { rounds } from "./rounds.ts";
import { buildProgram, type Pinger, startPinger, startServer, temporaryFolder } from "./server-process.ts";
import { compare } from "./story.ts";

const SESSIONS = rounds({ short: 50, long: 500 });
// Chosen: enough for a median to compare with.
const IDLE_PINGS = 30;
const PIECES = rounds({ short: 30, long: 100 });

test(`${SESSIONS} sessions that stream at once are all complete`, async () => {
  await using folder = await temporaryFolder();
  const pinger = await buildProgram("pinger", folder.path);
  await using server = await startServer(await buildProgram("server", folder.path), folder.path);
  const host = `127.0.0.1:${server.port}`;
  const pings = async (meanwhile: (pinger: Pinger) => Promise<unknown>) => {
    const running = await startPinger(pinger, `ws://${host}/?pings`);
    await meanwhile(running);
    return summary(await running.stop());
  };
  const idle = await pings((running) => running.answered(IDLE_PINGS));

  const viewers = Array.from({ length: SESSIONS }, (_, seed) => {
    const order = { seed, pieces: PIECES, chars: 40, gapMs: 50 };
    return new RawViewer(order, { url: `ws://${host}/?${seed}`, host });
  });
  const streaming = Promise.all(viewers.map(timeOf));
  await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.eventCount > 0)));
  const busy = await pings(() => streaming);
  const times = await streaming;

  const durations = times.map(({ from, to }) => to - from);
  const allAtOnceMs = Math.min(...times.map(({ to }) => to)) - Math.max(...times.map(({ from }) => from));
  const fairness = Math.max(...durations) / Math.min(...durations);
  console.log(
    `torture crowd: ${SESSIONS} sessions, ${Math.round(allAtOnceMs)} ms all at once; slowest ÷ fastest ${fairness.toFixed(2)}; ping idle ${idle}, meanwhile ${busy}`,
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

function summary(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(1);
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
}
