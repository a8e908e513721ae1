/**
 * Calls code of the application, and returns what it returns. `onError` gets what it throws, or
 * rejects with. What it was not declared to return may be a promise of any kind all the same: a
 * rejection that nobody handles ends the process.
 */
export function callSafely<T>(act: () => T, onError: (error: unknown) => void = () => {}): T | undefined {
  try {
    const given = act();
    swallowRejection(given, onError);
    return given;
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Handles the rejection of a promise, or of anything else that has `then`. */
export function swallowRejection(given: unknown, onRejected: (error: unknown) => void = () => {}): void {
  if (typeof given !== "object" || given === null || !("then" in given)) return;
  Promise.resolve(given).catch(onRejected);
}
