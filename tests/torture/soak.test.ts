import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Line, startLine } from "./line.ts";
import { randomNumbers, rounds } from "./rounds.ts";
import {
  buildProgram,
  type ServerProcess,
  startServer,
  temporaryFolder,
  type Usage,
} from "./server-process.ts";
import { SoakUser } from "./soak-user.ts";

// Rounds begin until the time is over: what one meets is random, and so is how long it takes.
const DURATION_MS = rounds({ short: 90_000, long: 3_600_000 });
// In the first third, each round has a SIGKILL in its middle. Memory is compared over the rounds behind it.
const KILLS_MS = DURATION_MS / 3;
const REPORT_EVERY_MS = 300_000;
const USERS = 12;
const ACTIONS = 12;
// Transcript, journal and lock, if a user's session could not be deleted.
const FILES_OF_A_SESSION = 3;
// Sessions, indexes and compiled code that stay. A leak of one connection's buffers in each round is more.
const MAX_GROWTH_BYTES = 24 * 1_048_576;

interface Soak {
  server: ServerProcess;
  lines: Line[];
  runIds: string[];
  faults: unknown[];
}

/** Lets all users act at once. With `kill`, the gateway is killed and started again in the middle. */
async function playRound(soak: Soak, round: number, kill?: () => Promise<ServerProcess>): Promise<void> {
  const users = soak.lines.map((line, index) => {
    return new SoakUser(`${round}-${index}`, line, randomNumbers(round * 1000 + index));
  });
  let done = 0;
  const act = async (user: SoakUser, index: number) => {
    for (let action = 0; action < ACTIONS; action += 1) {
      await user.act((round * USERS + index) * ACTIONS + action);
      done += 1;
      if (kill && done === (USERS * ACTIONS) / 2) await restart(soak, kill);
    }
  };
  await Promise.all(users.map(act));
  for (const user of users) {
    soak.runIds.push(...user.runs.map(({ runId }) => runId));
    soak.faults.push(...user.faults);
    await user.leave();
  }
  for (const line of soak.lines) line.clear();
}

async function restart(soak: Soak, kill: () => Promise<ServerProcess>): Promise<void> {
  soak.server = await kill();
  for (const line of soak.lines) {
    line.gatewayPort = soak.server.port;
    line.cut("reset");
  }
}

/** Returns the most ends that a run has in one transcript. A fork repeats those of its origin. */
function countRunEnds(folder: string): Map<string, number> {
  const most = new Map<string, number>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".jsonl") || name.startsWith("live")) continue;
    const counts = new Map<string, number>();
    for (const line of readFileSync(join(folder, name), "utf8").trimEnd().split("\n")) {
      const { type, runId } = JSON.parse(line) as { type?: string; runId?: string };
      if (type === "run_end" && runId !== undefined) counts.set(runId, (counts.get(runId) ?? 0) + 1);
    }
    for (const [runId, count] of counts) most.set(runId, Math.max(count, most.get(runId) ?? 0));
  }
  return most;
}

test(
  `${USERS} users do everything for ${DURATION_MS / 1000} s: each run ends once, and nothing grows`,
  async () => {
    await using programs = await temporaryFolder();
    await using folder = await temporaryFolder();
    const program = await buildProgram("server", programs.path);
    const server = await startServer(program, folder.path);
    const lines = await Promise.all(Array.from({ length: USERS }, () => startLine(server.port)));
    const soak: Soak = { server, lines, runIds: [], faults: [] };
    let kills = 0;
    const kill = async () => {
      kills += 1;
      await soak.server.kill();
      return startServer(program, folder.path);
    };
    const usages: Usage[] = [];
    const startedAt = performance.now();
    let reportedAt = 0;
    let round = 0;
    let end: Awaited<ReturnType<ServerProcess["close"]>>;
    try {
      for (; ; round += 1) {
        const elapsedMs = performance.now() - startedAt;
        if (elapsedMs > DURATION_MS && usages.length > 1) break;
        await playRound(soak, round, elapsedMs < KILLS_MS ? kill : undefined);
        if (elapsedMs < KILLS_MS) continue;
        const usage = await soak.server.usageAtRest();
        usages.push(usage);
        if (elapsedMs - reportedAt < REPORT_EVERY_MS) continue;
        reportedAt = elapsedMs;
        console.log(`torture soak: round ${round}, ${soak.runIds.length} runs, ${describe(usage)}`);
      }
      end = await soak.server.close();
    } finally {
      await soak.server.kill();
      for (const line of lines) await line[Symbol.asyncDispose]();
    }

    // The first round behind the last kill warms up.
    const [, first = usages[0], ...others] = usages;
    const last = others.at(-1) ?? first;
    if (!first || !last) throw new Error("no round was measured");
    const journals = readdirSync(join(folder.path, "live"));
    console.log(
      `torture soak: ${round} rounds, ${soak.runIds.length} runs, ${kills} kills; ${describe(first)} → ${describe(last)}; closed: ${end.atStart.descriptors} → ${end.closed.descriptors} descriptors, ${journals.length} files in live/`,
    );
    expect(soak.faults).toEqual([]);
    const ends = countRunEnds(folder.path);
    expect(soak.runIds.filter((runId) => ends.get(runId) !== 1)).toEqual([]);
    expect(last.usedBytes - first.usedBytes).toBeLessThan(MAX_GROWTH_BYTES);
    expect(last.descriptors).toBeLessThanOrEqual(first.descriptors + USERS * FILES_OF_A_SESSION);
    expect(end.closed.descriptors).toBeLessThanOrEqual(end.atStart.descriptors);
    expect(journals).toEqual([]);
  },
  2 * DURATION_MS + 300_000,
);

function describe({ usedBytes, descriptors }: Usage): string {
  return `${(usedBytes / 1_048_576).toFixed(1)} MiB and ${descriptors} descriptors`;
}
