import { existsSync, readdirSync, readFileSync } from "node:fs";
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

// A round takes up to 10 s on two cores, so that the long form takes an hour.
const ROUNDS = rounds({ short: 6, long: 400 });
const USERS = 12;
const ACTIONS = 12;
// Every third round ends with SIGKILL in its middle. Memory is compared over the rounds behind the last kill.
const KILL_ROUNDS = Math.floor(ROUNDS / 3);
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

// By hand only: how long it takes depends on what the random walk meets.
test.runIf(process.env["TORTURE"] === "long")(
  `${USERS} users, ${ROUNDS} rounds of everything: each run ends once, and nothing grows`,
  async () => {
    await using programs = await temporaryFolder();
    await using folder = await temporaryFolder();
    const program = await buildProgram("server", programs.path);
    const server = await startServer(program, folder.path);
    const lines = await Promise.all(Array.from({ length: USERS }, () => startLine(server.port)));
    const soak: Soak = { server, lines, runIds: [], faults: [] };
    const kill = async () => {
      await soak.server.kill();
      return startServer(program, folder.path);
    };
    const usages: Usage[] = [];
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await playRound(soak, round, round < KILL_ROUNDS ? kill : undefined);
        // The first round behind the last kill warms up.
        if (round > KILL_ROUNDS) usages.push(await soak.server.usage());
      }
    } finally {
      await soak.server.kill();
      for (const line of lines) await line[Symbol.asyncDispose]();
    }

    const [first, last] = [usages[0], usages.at(-1)];
    if (!first || !last) throw new Error("no round was measured");
    const grown = last.usedBytes - first.usedBytes;
    const live = join(folder.path, "live");
    const journals = existsSync(live) ? readdirSync(live).length : 0;
    console.log(
      `torture soak: ${soak.runIds.length} runs, ${KILL_ROUNDS} kills; memory ${mebibytes(first.usedBytes)} → ${mebibytes(last.usedBytes)} MiB, descriptors ${first.descriptors} → ${last.descriptors}, ${journals} journals left`,
    );
    expect(soak.faults).toEqual([]);
    const ends = countRunEnds(folder.path);
    expect(soak.runIds.filter((runId) => ends.get(runId) !== 1)).toEqual([]);
    expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
    expect(last.descriptors).toBeLessThanOrEqual(first.descriptors + USERS);
  },
  7_200_000,
);

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
