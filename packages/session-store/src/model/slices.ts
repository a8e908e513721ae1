// Other requests wait no longer than this.
const SLICE_MS = 5;

/**
 * Creates a function for long work. Its result is `undefined`, or a promise to await after every
 * few milliseconds of work, during which other work runs.
 */
export function createPauses(): () => Promise<void> | undefined {
  let sliceEnd = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < sliceEnd) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sliceEnd = performance.now() + SLICE_MS;
        resolve();
      });
    });
  };
}

/** Calls `act` for each item. Other work runs in between every few milliseconds. */
export async function inSlices<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<void> | undefined | void,
): Promise<void> {
  const pauseIfDue = createPauses();
  for (const item of items) {
    const acting = act(item);
    if (acting) await acting;
    const pause = pauseIfDue();
    if (pause) await pause;
  }
}
