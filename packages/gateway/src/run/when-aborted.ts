/** Resolves `elapsed` when `signal` was aborted `graceMs` ago; never before, and not after `cancel()`. */
export function whenAborted(
  signal: AbortSignal,
  graceMs: number,
): { elapsed: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let start: () => void = () => undefined;
  const elapsed = new Promise<void>((resolve) => {
    start = () => {
      timer = setTimeout(resolve, graceMs);
    };
  });
  signal.addEventListener("abort", start, { once: true });
  if (signal.aborted) start();
  return {
    elapsed,
    cancel() {
      signal.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}
