import { onTestFinished } from "vitest";

/** Collects the rejections that nobody handles until the end of the test. */
export function unhandledRejections() {
  /** @type {unknown[]} */
  const reasons = [];
  /** @param {unknown} reason */
  const add = (reason) => reasons.push(reason);
  process.on("unhandledRejection", add);
  onTestFinished(() => void process.off("unhandledRejection", add));
  return reasons;
}
