/** An instruction that is run again and again. */
export interface Schedule {
  everyMs: number;
  /** Runs the instruction; resolves when its run has ended. */
  run: () => Promise<unknown>;
  onFailure: (error: unknown) => void;
}

/**
 * Runs something every so often, for the first time after one interval. A turn that comes while the one before is still
 * going on is left out. Returns what stops it; a run that goes on is not stopped.
 */
export function startSchedule({ everyMs, run, onFailure }: Schedule): () => void {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    run()
      .catch(onFailure)
      .finally(() => {
        isRunning = false;
      });
  }, everyMs);
  return () => clearInterval(timer);
}
