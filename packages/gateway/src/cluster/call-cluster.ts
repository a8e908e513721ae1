import { swallowRejection } from "../shared/callbacks.ts";

/**
 * Calls a function of the app's cluster that has no result. What it throws or rejects with is
 * reported, because nobody waits for it: it would end the process.
 */
export function callCluster(
  call: () => unknown,
  during: string,
  onFailure: (error: unknown, during: string) => void,
): void {
  const fail = (error: unknown) => onFailure(error, during);
  try {
    swallowRejection(call(), fail);
  } catch (error) {
    fail(error);
  }
}
