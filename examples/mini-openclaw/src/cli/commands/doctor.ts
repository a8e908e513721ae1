import process from "node:process";
import type { Finding } from "../../doctor/finding.ts";
import type { Sources } from "../../settings/sources.ts";
import { exitCodes } from "../exit.ts";
import type { Options } from "../options.ts";
import { oneLine } from "../safe-text.ts";

/**
 * Checks everything that the server needs, and prints each result with its remedy. Changes nothing
 * without `--fix`. Exits with 1 if a problem is left.
 */
export async function doctor(flags: Sources["flags"], { json, fix }: Options): Promise<void> {
  const { examine } = await import("../../doctor/examine.ts");
  const findings = await examine(flags);
  const results = findings.map((finding) => {
    const mended = fix === true && finding.level !== "good" ? finding.fix?.() : undefined;
    return { ...finding, ...(mended !== undefined && { fixed: mended }) };
  });
  if (json === true) console.log(JSON.stringify(results, undefined, 2));
  else for (const result of results) console.log(toLines(result).join("\n"));
  const isBad = results.some(({ level, fixed }) => level === "problem" && fixed === undefined);
  process.exitCode = isBad ? exitCodes.failed : exitCodes.done;
}

const marks = { good: "ok  ", warning: "warn", problem: "BAD " } as const;

function toLines({ level, check, message, remedy, fixed }: Finding & { fixed?: string }): string[] {
  const text = oneLine(message, 500);
  if (fixed !== undefined) return [`fix  ${check}: ${text}`, `       ${oneLine(fixed, 500)}`];
  return [
    `${marks[level]} ${check}: ${text}`,
    ...(remedy === undefined ? [] : [`       ${oneLine(remedy, 500)}`]),
  ];
}
