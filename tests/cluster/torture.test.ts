import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { faultNames } from "./faults.ts";
import { hasMachines, Machine } from "./machine.ts";
import { torture } from "./torture.ts";
import type { Pace } from "./user.ts";

const isLong = process.env["TORTURE"] === "long";
const NODES = 3;
const USERS = isLong ? 200 : 20;
// With many users, the words come so slowly that two cores have time left. Without time left, the
// gaps would be those of the machine.
const PACE: Pace = isLong
  ? { words: 20, gapMs: 200, thinkingMs: 1_000 }
  : { words: 20, gapMs: 50, thinkingMs: 150 };
const BETWEEN_MS = isLong ? 3_000 : 1_500;
const FAULTS = Array.from({ length: isLong ? 4 : 1 }, () => faultNames).flat();
// The long one takes four minutes on an idle machine.
const TIMEOUT_MS = isLong ? 1_200_000 : 300_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasPostgres)("three nodes behind a load balancer", () => {
  test(
    `lose, double and change nothing while ${USERS} sessions stream and everything fails`,
    async () => {
      const result = await torture({
        folder,
        users: USERS,
        pace: PACE,
        faults: FAULTS,
        betweenMs: BETWEEN_MS,
      });
      const { accepted, events, reports } = result;
      process.stdout.write(
        `${accepted} accepted messages, ${events} events compared\n${reports.join("\n")}\n`,
      );
      expect(result.faults).toEqual([]);
      expect(result.failures).toEqual([]);
      expect(accepted).toBeGreaterThan(USERS);
      expect(result.registered).toBeGreaterThan(NODES);
    },
    TIMEOUT_MS,
  );

  test.skipIf(!hasMachines)(
    "lose, double and change nothing while the machine of one of them vanishes",
    async () => {
      using machine = new Machine();
      const pace = { words: 20, gapMs: 50, thinkingMs: 150 };
      const result = await torture({
        folder,
        users: 10,
        pace,
        faults: ["vanish"],
        betweenMs: 1_500,
        machine,
      });
      process.stdout.write(`${result.reports.join("\n")}\n`);
      expect(result.faults).toEqual([]);
      expect(result.failures).toEqual([]);
      expect(result.accepted).toBeGreaterThan(10);
      expect(result.registered).toBeGreaterThan(NODES);
    },
    TIMEOUT_MS,
  );
});
