import { setTimeout as wait } from "node:timers/promises";
import { BusyTime } from "./busy-time.ts";
import { findDifferences, findFaults } from "./checker.ts";
import { cause, type FaultName } from "./faults.ts";
import type { Mark } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import { TestCluster } from "./setup.ts";
import { type Gap, lengthOf } from "./streams.ts";
import { type Pace, User } from "./user.ts";

interface TortureOptions {
  readonly folder: string;
  readonly users: number;
  readonly pace: Pace;
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
  /** The gaps of each kind of fault, and the steps in the longest gap of each fault. */
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
    (_, index) => new User({ port, name: `u${index}`, pace: options.pace }),
  );
  const working = users.map((user) => user.work());
  const lengths = new Map<FaultName, number[]>();
  const reports: string[] = [];
  // The first answers are slow, because the programs are cold and all users connect at once.
  await Promise.all(users.map((user) => user.answered(2)));
  for (const name of options.faults) {
    for (const user of users) user.takeGaps();
    const busy = new BusyTime();
    await cause(name, cluster, await cluster.busiest());
    await wait(betweenMs);
    const gaps = users.flatMap((user) => user.takeGaps().map((gap) => ({ ...gap, user })));
    lengths.set(name, [...(lengths.get(name) ?? []), ...gaps.map(lengthOf)]);
    reports.push(`${name}, ${busy.percent} % of the machine busy: ${describeLongest(gaps, cluster.marks)}`);
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
    reports: [...[...lengths].map(([name, all]) => summarize(name, all)), ...reports],
  };
}

/** Summarizes the longest gap of each device in each fault of a kind. */
function summarize(name: FaultName, lengths: readonly number[]): string {
  const sorted = lengths.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return `${name}: gaps of p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, at most ${at(1)} ms (${sorted.length})`;
}

function describeLongest(gaps: readonly (Gap & { user: User })[], marks: readonly Mark[]): string {
  const [longest] = gaps.toSorted((left, right) => lengthOf(right) - lengthOf(left));
  if (!longest) return "no gap";
  const { user } = longest;
  return `${user.name} (now waits for "${user.waitsFor}") ${describe(longest, [...user.ledger.marks, ...marks])}`;
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
