import { setTimeout as wait } from "node:timers/promises";
import { findDifferences, findFaults } from "./checker.ts";
import { cause, type FaultName } from "./faults.ts";
import { type Gap, lengthOf, type Mark } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import { TestCluster } from "./setup.ts";
import { User } from "./user.ts";

interface TortureOptions {
  readonly folder: string;
  readonly users: number;
  readonly faults: readonly FaultName[];
  readonly betweenMs: number;
  /** The machine of the first node. @default this one */
  readonly machine?: Machine;
}

interface TortureResult {
  /** Broken promises to the users. */
  readonly faults: readonly string[];
  /** Failures that the nodes reported, except those that the faults explain. */
  readonly failures: readonly string[];
  readonly accepted: number;
  readonly events: number;
  /** The number of times that a node registered. One that was declared dead registers again. */
  readonly registered: number;
  /** The longest time in milliseconds in which a user got no event, for each fault. */
  readonly gaps: Partial<Record<FaultName, number[]>>;
  /** The steps in the longest gap of each fault. */
  readonly reports: readonly string[];
}

// A node reports that it lost a session, and that the database did not answer.
const expectedFailures = /SESSION_STOLEN|READ_FAILED|WRITE_FAILED|ConnectionLost/;
// Longer than any recovery. A user who waits longer waits for ever.
const PATIENCE_MS = 120_000;
// A fault happens a moment after the last event before it.
const BEFORE_MS = 50;

/**
 * Lets users work on a cluster while faults happen. Then compares what they got with the tables.
 */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const { folder, betweenMs, machine } = options;
  await using cluster = await TestCluster.start({ folder, nodeCount: 3, machine });
  const { port } = cluster.balancer;
  const users = Array.from(
    { length: options.users },
    (_, index) => new User({ port, name: `u${index}`, words: 20, gapMs: 50 }),
  );
  const working = users.map((user) => user.work());
  const gaps: Partial<Record<FaultName, number[]>> = {};
  const reports: string[] = [];
  await wait(betweenMs);
  for (const name of options.faults) {
    for (const { ledger } of users) ledger.takeLongestGap();
    await cause(name, cluster, await cluster.busiest());
    await wait(betweenMs);
    const [longest, user] = findLongest(users);
    gaps[name] = [...(gaps[name] ?? []), lengthOf(longest)];
    reports.push(
      `${name}: ${user.name} (now waits for "${user.waitsFor}") ${describe(longest, [...user.ledger.marks, ...cluster.marks])}`,
    );
  }
  for (const user of users) user.finish();
  const faults: string[] = [];
  await isDone(Promise.all(working), PATIENCE_MS);
  for (const user of users) {
    const found = await checkUser(cluster, user);
    faults.push(...found.map((fault) => `${user.name}: ${fault}`));
    user.close();
  }
  const [nodes] = await cluster.server.run("select max(id)::int as newest from mini_openclaw.nodes");
  return {
    faults,
    registered: Number(nodes?.["newest"]),
    failures: cluster.failures.filter((text) => !expectedFailures.test(text)),
    accepted: users.reduce((sum, { ledger }) => sum + ledger.runs.size, 0),
    events: users.reduce((sum, { ledger }) => sum + ledger.events.size, 0),
    gaps,
    reports,
  };
}

/** Returns the longest gap since the last call, and the user who had it. */
function findLongest(users: readonly User[]): [Gap, User] {
  const gaps = users.map((user): [Gap, User] => [user.ledger.takeLongestGap(), user]);
  return gaps.reduce((longest, next) => (lengthOf(next[0]) > lengthOf(longest[0]) ? next : longest));
}

/** Describes a gap by what happened in it. Each time counts from its beginning. */
function describe(gap: Gap, marks: readonly Mark[]): string {
  const since = (at: number) => at - gap.from;
  const steps = marks
    .filter(({ at }) => at >= gap.from - BEFORE_MS && at <= gap.to)
    .sort((left, right) => left.at - right.at)
    .map(({ at, text }) => `${since(at)} ${text}`);
  const end = gap.endedBy?.replace(/\d{13}/, (at) => String(since(Number(at)))) ?? "no event";
  return [`${lengthOf(gap)} ms`, ...steps, `${lengthOf(gap)} ${end}`].join("; ");
}

async function checkUser(cluster: TestCluster, user: User): Promise<string[]> {
  const lines = await cluster.lines(user.sessionId);
  const faults = findFaults(user.ledger, lines);
  if (user.waitsFor) faults.push(`${user.waitsFor} does not come`);
  if (!(await isDone(user.caughtUp(lines.at(-1)?.seq ?? 0), PATIENCE_MS)))
    return [...faults, "a device does not catch up"];
  return [...faults, ...findDifferences(await user.views(20))];
}

/** Resolves with true if the work is done in time. */
async function isDone(work: Promise<unknown>, ms: number): Promise<boolean> {
  const abort = new AbortController();
  const late = wait(ms, false, { signal: abort.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), late]);
  abort.abort();
  return done;
}
