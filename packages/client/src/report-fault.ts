/** Tells of a fault in a function that the client was given, as if the platform had called it; nobody else is hindered. */
export function reportFault(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
