/** A signal that follows its parents and can be aborted by itself. */
export interface ChildSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the parents. */
  dispose(): void;
}

/** Unlike `AbortSignal.any`, leaves nothing behind on a parent that lives long. */
export function followSignal(...parents: readonly AbortSignal[]): ChildSignal {
  const controller = new AbortController();
  const follow = () => controller.abort(parents.find(({ aborted }) => aborted)?.reason);
  if (parents.some(({ aborted }) => aborted)) follow();
  for (const parent of parents) parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      for (const parent of parents) parent.removeEventListener("abort", follow);
    },
  };
}

/**
 * Settles as the work does, or rejects with the signal's reason when that aborts first. For work
 * that cannot be stopped, such as what an application does.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    work.then(resolve, reject).finally(done);
  });
}
