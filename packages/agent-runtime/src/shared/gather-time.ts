import { performance as processPerformance } from "node:perf_hooks";

/** The share of its time that a process may work before pieces are gathered. */
const FREE_SHARE = 0.5;

/** The share from which pieces are gathered for the longest time. */
const FULL_SHARE = 0.9;

/** A screen takes as long for one picture, so the delay is invisible. */
export const MAX_GATHER_MS = 16;

/** Long enough for a share that means something, and short beside an answer. */
const SAMPLE_MS = 100;

/** Returns the share of its time, 0 to 1, that the process worked since the last call. */
export type ReadLoad = () => number;

/** Returns a {@link ReadLoad} of this process's event loop. */
function loopLoad(): ReadLoad {
  const readUse = processPerformance.eventLoopUtilization;
  let last = readUse();
  return () => {
    const now = readUse();
    const { utilization } = readUse(now, last);
    last = now;
    return utilization;
  };
}

/**
 * Returns a function that returns for how many milliseconds pieces of an answer are gathered now: 0
 * while the process is less than half busy, and more the busier it is. So a piece waits only where
 * it would wait for the process anyway.
 */
export function createGatherTime(readLoad: ReadLoad = loopLoad()): () => number {
  let sampledAt = Number.NEGATIVE_INFINITY;
  let gatherMs = 0;
  return () => {
    const now = performance.now();
    if (now - sampledAt < SAMPLE_MS) return gatherMs;
    sampledAt = now;
    const over = (readLoad() - FREE_SHARE) / (FULL_SHARE - FREE_SHARE);
    gatherMs = MAX_GATHER_MS * Math.min(1, Math.max(0, over));
    return gatherMs;
  };
}

/** One for all answers of the process. */
export const gatherTime = createGatherTime();
