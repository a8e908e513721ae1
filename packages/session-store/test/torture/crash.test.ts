import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeFileSystem } from "../../src/files/file-system.ts";
import { sessionPaths } from "../../src/files/session-paths.ts";
import { readEventFiles } from "../../src/transcript/event-files.ts";
import { buildWriter, startWriter } from "../child/child-process.ts";
import { contentsOf, openStore, writeTranscript } from "../fixtures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { rounds } from "./rounds.ts";

const ROUNDS = rounds({ short: 8, long: 1000 });
let programs: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;

beforeAll(async () => {
  programs = await temporaryFolder();
  program = await buildWriter(programs.path);
});

afterAll(() => programs[Symbol.asyncDispose]());

test(`I1, I2: ${ROUNDS} kills at random lose no acknowledged line, and invent or reorder none`, async () => {
  await using folder = await temporaryFolder();
  for (let round = 0; round < ROUNDS; round += 1) {
    const sessionId = `crash-${round}`;
    writeTranscript(folder.path, sessionId, ["0:"]);
    const writer = startWriter(program, "append", folder.path, sessionId, "1");
    await writer.nextLine();
    await delay(Math.random() * 60);
    await writer.kill();
    const acknowledged = writer.lines.map((line) => line.split(" ").map(Number));
    await using store = await openStore(folder.path);
    const found = (await contentsOf(store, sessionId)).slice(1).map((content) => {
      const [count = "", text = ""] = content.split(":");
      return [Number(count), text.length];
    });
    // At most the one append that was under way is there beside those that were acknowledged.
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(found.length - acknowledged.length).toBeLessThanOrEqual(1);
    expect(found.map(([count]) => count)).toEqual(found.map((_, index) => index + 1));
    await store.appendMessage(sessionId, { role: "user", content: "after", timestamp: 1 });
    expect((await contentsOf(store, sessionId)).at(-1)).toBe("after");
  }
}, 1_800_000);

test(`${ROUNDS} kills in the middle of a run lose no recorded event`, async () => {
  await using folder = await temporaryFolder();
  for (let round = 0; round < ROUNDS; round += 1) {
    const sessionId = `stream-${round}`;
    writeTranscript(folder.path, sessionId, ["0:"]);
    const writer = startWriter(program, "stream", folder.path, sessionId);
    await writer.nextLine();
    await delay(Math.random() * 60);
    await writer.kill();
    const shown = new Map(
      writer.lines.map((line) => [Number(line.split(" ", 1)[0]), line.slice(line.indexOf(" ") + 1)]),
    );
    const settled = [...shown].filter(([, json]) => json.includes('"run_end"')).map(([seq]) => seq);
    const lastRunEnd = Math.max(0, ...settled);

    const kept = new Map<number, unknown>();
    const paths = sessionPaths(folder.path, sessionId);
    for await (const { event } of readEventFiles(nodeFileSystem, paths, sessionId, 0))
      kept.set(event.seq, event);
    // The words of runs that have ended stand in their answers; everything since then is there
    // event by event.
    const since = [...shown].filter(([seq]) => seq > lastRunEnd);
    expect(since.map(([seq]) => kept.get(seq))).toEqual(since.map(([, json]) => JSON.parse(json) as unknown));

    await using store = await openStore(folder.path);
    const log = await store.openLog(sessionId);
    expect(log.lastSeq).toBeGreaterThanOrEqual(Math.max(...shown.keys()));
    const events = since.map(([, json]) => JSON.parse(json) as { type: string; content: string });
    const streamed = events
      .filter(({ type }) => type === "chunk")
      .map(({ content }) => content)
      .join("");
    const answer = (await contentsOf(store, sessionId)).at(-1) ?? "";
    expect(answer.slice(0, streamed.length)).toBe(streamed);
    const kinds: string[] = [];
    for await (const entry of store.entries(sessionId)) kinds.push("role" in entry ? entry.role : entry.type);
    expect(kinds.filter((kind) => kind === "run_end").length).toBe(
      kinds.filter((kind) => kind === "user").length - 1,
    );
  }
}, 1_800_000);
