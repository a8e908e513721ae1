// A request in between waits no longer than this.
const SLICE_MS = 8;

/** Calls `act` for each item. Other work runs in between every few milliseconds. */
export async function inSlices<T>(
  items: readonly T[],
  act: (item: T) => Promise<void> | undefined | void,
): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (const item of items) {
    const acting = act(item);
    if (acting) await acting;
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEnd = performance.now() + SLICE_MS;
  }
}
