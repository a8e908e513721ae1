import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { findDifferences, findFaults } from "./checker.ts";
import { cause, type FaultName, faultNames } from "./faults.ts";
import { TestCluster } from "./setup.ts";
import { User } from "./user.ts";

const isLong = process.env["TORTURE"] === "long";
const USERS = isLong ? 200 : 20;
const ROUNDS = isLong ? 12 : 1;
const BETWEEN_MS = isLong ? 3_000 : 1_500;

// A node reports that it lost a session, and that the database did not answer.
const expectedFailures = /SESSION_STOLEN|READ_FAILED|WRITE_FAILED|ConnectionLost/;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasPostgres)("three nodes behind a load balancer", () => {
  test(`lose, double and change nothing while ${USERS} sessions stream and everything fails`, async () => {
    await using cluster = await TestCluster.start({ folder, nodeCount: 3 });
    const { balancer } = cluster;
    const users = Array.from(
      { length: USERS },
      (_, index) => new User({ port: balancer.port, name: `u${index}`, words: 20, gapMs: 50 }),
    );
    const working = users.map((user) => user.work());
    await wait(BETWEEN_MS);
    const gaps: Partial<Record<FaultName, number[]>> = {};
    for (let round = 0; round < ROUNDS * faultNames.length; round += 1) {
      const name = faultNames[round % faultNames.length] ?? "kill";
      for (const { ledger } of users) ledger.takeLongestGap();
      await cause(name, cluster, await cluster.busiest());
      await wait(BETWEEN_MS);
      const longest = Math.max(...users.map(({ ledger }) => ledger.takeLongestGap()));
      gaps[name] = [...(gaps[name] ?? []), Math.round(longest)];
    }
    for (const user of users) user.finish();
    await Promise.all(working);

    const faults: string[] = [];
    let [accepted, events] = [0, 0];
    for (const user of users) {
      const lines = await cluster.lines(user.sessionId);
      await user.caughtUp(lines.at(-1)?.seq ?? 0);
      faults.push(...findDifferences(await user.views(20)).map((fault) => `${user.name}: ${fault}`));
      faults.push(...findFaults(user.ledger, lines).map((fault) => `${user.name}: ${fault}`));
      accepted += user.ledger.runs.size;
      events += user.ledger.events.size;
      user.close();
    }
    process.stdout.write(
      `${accepted} accepted messages, ${events} kept events, longest gaps in ms: ${JSON.stringify(gaps)}\n`,
    );
    expect(faults).toEqual([]);
    expect(cluster.failures.filter((text) => !expectedFailures.test(text))).toEqual([]);
    expect(accepted).toBeGreaterThan(USERS);
  });
});
