import process from "node:process";
import { setFlagsFromString } from "node:v8";

/**
 * Lets V8 compile code after fewer calls. By itself it waits for hundreds, and a message passes
 * most of a server's code once: a personal agent would live for weeks on code that is interpreted.
 *
 * @see docs/decisions/2026-11-30-code-is-compiled-early.md
 */
export function compileEarly(): void {
  for (const flag of earlyFlags(process.versions.node)) setFlagsFromString(flag);
}

/**
 * The flags of V8 for a version of Node, as `node --v8-options` prints them: of V8 11.3 in Node 20,
 * of 12.4 in Node 22, and of 13.6 and later from Node 24 on. V8 complains about others.
 *
 * @internal Exported for its test.
 */
export function earlyFlags(nodeVersion: string): string[] {
  const major = Number.parseInt(nodeVersion, 10);
  const after = "--minimum-invocations-after-ic-update=50";
  if (major < 22) return [after, "--interrupt-budget=2000"];
  if (major < 24) return [after, "--invocation-count-for-turbofan=200"];
  return [after, "--invocation-count-for-maglev=50"];
}
