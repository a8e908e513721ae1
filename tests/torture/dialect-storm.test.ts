import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { aiSdkDialect, aiSdkHttp } from "@mini-openclaw/ai-sdk";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openClawDialect } from "@mini-openclaw/openclaw-dialect";
import { type AgentRunner, noUsage } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { startLine } from "./line.ts";
import { randomNumbers, rounds } from "./rounds.ts";
import { temporaryFolder } from "./server-process.ts";
import {
  ChatViewer,
  httpTransport,
  NativeViewer,
  OpenClawViewer,
  type Said,
  type StormViewer,
  socketTransport,
} from "./storm-viewers.ts";

const ROUNDS = rounds({ short: 3, long: 8 });
// Clients of one session, and sessions of one client, of each kind.
const CROWD = rounds({ short: 6, long: 27 });
const SINGLES = rounds({ short: 8, long: 40 });
const LINES = 8;
const PIECES = 12;
// A cut follows each time that all runs together have said so many pieces.
const PIECES_BETWEEN_CUTS = rounds({ short: 25, long: 40 });
const GAP_MS = 5;
const SEED = 17;

const answerTo = (text: string) => Array.from({ length: PIECES }, (_, index) => `${text}.${index} `);

/** An agent that answers in pieces, and calls `onPiece` before each of them. */
function pacedAgent(onPiece: () => void): AgentRunner {
  return {
    async *run({ runId, messages, signal }) {
      const pieces = answerTo(messages.at(-1)?.content ?? "");
      const content = pieces.join("");
      yield { type: "run_start", runId, timestamp: 1 };
      for (const piece of pieces) {
        await delay(GAP_MS, undefined, { signal });
        onPiece();
        yield { type: "chunk", runId, messageId: `${runId}-1`, content: piece };
      }
      yield { type: "assistant_message", runId, id: `${runId}-1`, content, timestamp: 1 };
      yield { type: "message_done", runId, content };
      yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
    },
  };
}

const openDescriptors = () => readdirSync("/proc/self/fd").length;

test(`${4 * (CROWD + SINGLES)} clients of four forms are cut off during ${ROUNDS} rounds of answers`, async () => {
  await using folder = await temporaryFolder();
  const before = openDescriptors();
  const random = randomNumbers(SEED);
  const lines: Awaited<ReturnType<typeof startLine>>[] = [];
  let [pieces, cuts, isStormy] = [0, 0, true];
  const agent = pacedAgent(() => {
    pieces += 1;
    if (!isStormy || pieces % PIECES_BETWEEN_CUTS !== 0) return;
    cuts += 1;
    lines[random(LINES)]?.cut(random(2) === 0 ? "reset" : "half_open");
  });
  const failures: unknown[] = [];
  const store = await openSessionStore(folder.path);
  const gateway = new GatewayServer({
    store,
    agent,
    dialects: [aiSdkDialect({ replayMs: 600_000 })],
    maxContextMessages: 1,
    // The lines have ports of their own.
    allowedHosts: [() => true],
    onFailure: (error) => failures.push(error),
    sessionKey: (_, request) => `native:${new URL(request.url ?? "", "http://x").search}`,
  });
  const { port } = await gateway.listen({
    port: 0,
    dialects: { "/openclaw": openClawDialect() },
    forms: { "/api/chat": aiSdkHttp({ replayMs: 600_000 }) },
  });
  for (let count = 0; count < LINES; count += 1) lines.push(await startLine(port));
  const line = () => lines[random(LINES)] as (typeof lines)[number];

  const sessions: { asker: StormViewer; watchers: StormViewer[]; name: string }[] = [];
  for (let index = 0; index <= SINGLES; index += 1) {
    const crowd = index === 0 ? CROWD - 1 : 0;
    const add = (name: string, create: () => StormViewer) =>
      sessions.push({ name, asker: create(), watchers: Array.from({ length: crowd }, create) });
    add(`ai-${index}`, () => new ChatViewer(`ai-${index}`, socketTransport(line())));
    add(`http-${index}`, () => new ChatViewer(`http-${index}`, httpTransport(line())));
    add(`claw-${index}`, () => new OpenClawViewer(`agent:main:claw-${index}`, line()));
    add(`native-${index}`, () => new NativeViewer(`native-${index}`, line()));
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(
      sessions.map(async ({ asker, watchers, name }) => {
        const asked = asker.ask(`${name}-${round}`, `${name}-${round}`);
        await Promise.all(watchers.map((watcher) => watcher.settle()));
        await asked;
      }),
    );
  }
  isStormy = false;
  await Promise.all(
    sessions.flatMap(({ asker, watchers }) => [asker, ...watchers].map((one) => one.settle())),
  );

  expect(cuts).toBeGreaterThan(ROUNDS);
  expect(failures).toEqual([]);
  for (const { name, asker, watchers } of sessions) {
    const story = Array.from({ length: ROUNDS }, (_, round): Said[] => {
      const text = `${name}-${round}`;
      return [
        ["user", text],
        ["assistant", answerTo(text).join("")],
      ];
    }).flat();
    expect(asker.said).toEqual(story);
    for (const watcher of watchers) {
      const texts = new Set(watcher.said.map(([, text]) => text));
      // A chat that only watches has the answers for which it has resumed.
      const isPart = watcher instanceof ChatViewer;
      expect(watcher.said).toEqual(isPart ? story.filter(([, text]) => texts.has(text)) : story);
    }
  }
  for (const { asker, watchers } of sessions) for (const one of [asker, ...watchers]) one.close();
  for (const one of lines) await one[Symbol.asyncDispose]();
  await expect.poll(() => gateway.health()).toMatchObject({ connections: 0, sessions: 0 });
  await gateway.close();
  await store.close();
  await expect.poll(openDescriptors).toBeLessThanOrEqual(before);
  console.log(`torture dialects: ${cuts} cuts, ${pieces} pieces`);
}, 600_000);
