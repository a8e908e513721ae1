import process from "node:process";

/** Closes a run with the plain line that CI reads: `N passed, N failed, N skipped`. */
export default class PlainReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} errors
   */
  onTestRunEnd(modules, errors) {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        tests += 1;
      }
      // A file that broke before its first test counts as one failure.
      if (tests === 0 && module.state() === "failed") count.failed += 1;
    }
    // On exit, so that it comes after every other reporter's output, the coverage table's too.
    process.once("exit", () => {
      process.stdout.write(
        `\n${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped\n`,
      );
    });
  }
}
