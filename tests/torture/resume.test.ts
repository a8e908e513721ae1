import { afterAll, beforeAll, expect, test } from "vitest";
import { ClientViewer } from "./client-viewer.ts";
import { cuts, type Line, startLine } from "./line.ts";
import { RawViewer } from "./raw-viewer.ts";
import { type Random, randomNumbers, rounds } from "./rounds.ts";
import { buildProgram, type ServerProcess, startServer, temporaryFolder } from "./server-process.ts";
import { compare, type Order } from "./story.ts";
import type { Viewer } from "./viewer.ts";

const STREAMS = rounds({ short: 20, long: 1000 });
const AT_ONCE = rounds({ short: 20, long: 50 });
const MAX_CUTS = rounds({ short: 10, long: 50 });
const KILLS = rounds({ short: 2, long: 50 });
const STREAMS_A_KILL = rounds({ short: 10, long: 20 });

let programs: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;

beforeAll(async () => {
  programs = await temporaryFolder();
  program = await buildProgram("server", programs.path);
});

afterAll(() => programs[Symbol.asyncDispose]());

/** One stream: who watches it, and the line to the gateway. Every second one has the client package. */
async function openStream(seed: number, port: number, maxCuts: number, more: Partial<Order> = {}) {
  const random = randomNumbers(seed);
  const line = await startLine(port);
  const cutCount = 1 + random(maxCuts);
  // Long enough that it is still being told when the last cut comes.
  const order = { seed, pieces: 20 + 3 * cutCount, chars: 12, gapMs: 10, ...more };
  const place = {
    url: `ws://127.0.0.1:${line.port}/?${seed}`,
    get host() {
      return `127.0.0.1:${line.gatewayPort}`;
    },
  };
  const viewer = seed % 2 === 0 ? new ClientViewer(order, place) : new RawViewer(order, place);
  return { viewer, line, cutCount, random };
}

/** Takes the connection away in every way, at any moment, until the story ends. Gives how often. */
async function cutAgainAndAgain(
  viewer: Viewer,
  line: Line,
  cutCount: number,
  random: Random,
): Promise<number> {
  let made = 0;
  for (; made < cutCount && !viewer.isOver; made += 1) {
    // One in four comes while it is still being connected.
    const seen = viewer.eventCount + random(4);
    const isHurried = random(4) === 0;
    await viewer.until(() => viewer.isOver || isHurried || (viewer.isLive && viewer.eventCount >= seen));
    line.cut(cuts[random(cuts.length)] ?? "reset");
    viewer.comeBack();
  }
  await viewer.until(() => viewer.isOver);
  return made;
}

test(`${STREAMS} streams, each cut off 1 to ${MAX_CUTS} times, miss nothing and double nothing`, async () => {
  await using folder = await temporaryFolder();
  await using server = await startServer(program, folder.path);
  const total = { streams: 0, cuts: 0, connections: 0, missing: 0, doubled: 0, wrongMoments: 0 };
  const failed: unknown[] = [];
  let seed = 0;
  async function streamOnAndOn(): Promise<void> {
    while (seed < STREAMS) {
      seed += 1;
      const { viewer, line, cutCount, random } = await openStream(seed, server.port, MAX_CUTS);
      const made = await cutAgainAndAgain(viewer, line, cutCount, random);
      const { missing, doubled } = compare(viewer.text, viewer.order);
      total.streams += 1;
      total.cuts += made;
      total.connections += line.connectionCount;
      total.missing += missing;
      total.doubled += doubled;
      const { faults, questionCount, order } = viewer;
      total.wrongMoments += faults.length;
      if (faults.length > 0 || questionCount !== 1 || made === 0)
        failed.push({ order, faults, questionCount, made });
      viewer.close();
      await line[Symbol.asyncDispose]();
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, streamOnAndOn));

  console.log(`torture resume: ${JSON.stringify(total)}`);
  expect(failed).toEqual([]);
  expect(total).toMatchObject({ streams: STREAMS, missing: 0, doubled: 0 });
}, 1_800_000);

test(`${KILLS} times SIGKILL in the middle of ${STREAMS_A_KILL} streams lose nothing that anybody had seen`, async () => {
  await using folder = await temporaryFolder();
  let server: ServerProcess = await startServer(program, folder.path);
  const total = { kills: 0, streams: 0, whole: 0, interrupted: 0, charsSeen: 0 };
  const failed: unknown[] = [];
  try {
    for (let round = 1; round <= KILLS; round += 1) {
      const { port } = server;
      const seeds = Array.from({ length: STREAMS_A_KILL }, (_, index) => 1_000_000 + round * 1000 + index);
      // The first one cannot end before the kill, however late that comes.
      const [held, ...others] = await Promise.all(
        seeds.map((seed, index) => openStream(seed, port, 5, index === 0 ? { stopsAfter: 10 } : {})),
      );
      const streams = [...(held ? [held] : []), ...others];
      const endings = streams.map(({ viewer, line, cutCount, random }) =>
        cutAgainAndAgain(viewer, line, cutCount, random),
      );
      const random = randomNumbers(round);
      const watched = others[random(others.length)]?.viewer;
      const enough = random(30);
      await watched?.until(() => watched.eventCount >= enough || watched.isOver);
      await held?.viewer.until(() => held.viewer.longest !== "");
      for (const { viewer } of streams) viewer.mayConnect = false;
      await server.kill();
      const seen = streams.map(({ viewer }) => viewer.longest);
      server = await startServer(program, folder.path);
      for (const { viewer, line } of streams) {
        // Somebody else may have the port of before by now.
        line.gatewayPort = server.port;
        viewer.mayConnect = true;
        viewer.comeBack();
      }
      await Promise.all(endings);

      total.kills += 1;
      for (const [index, { viewer, line }] of streams.entries()) {
        const { text, order, faults, questionCount } = viewer;
        const before = seen[index] ?? "";
        const { missing, doubled } = compare(text, order);
        total.streams += 1;
        total[missing === 0 ? "whole" : "interrupted"] += 1;
        total.charsSeen += before.length;
        if (!text.startsWith(before) || faults.length > 0 || questionCount !== 1 || doubled > 0) {
          failed.push({ order, text, before, faults, questionCount });
        }
        viewer.close();
        await line[Symbol.asyncDispose]();
      }
    }
  } finally {
    await server.kill();
  }

  console.log(`torture kill: ${JSON.stringify(total)}`);
  expect(failed).toEqual([]);
  expect(total.interrupted).toBeGreaterThanOrEqual(KILLS);
}, 1_800_000);
