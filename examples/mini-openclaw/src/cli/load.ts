import process from "node:process";
import type { RetryEvent, RunEndEvent } from "@mini-openclaw/protocol";
import { describeValue, isRecord } from "@mini-openclaw/protocol/shared";
import { type MiniOpenClawConfig, resolveConfig } from "../settings/config.ts";
import { readSources, readTextFile, type Sources } from "../settings/sources.ts";
import { exitCodes, exitWith } from "./exit.ts";
import { safe } from "./safe-text.ts";

/** Loads the settings, or ends the process with the list of what is wrong with them. */
export function loadConfig(flags: Sources["flags"]): MiniOpenClawConfig {
  try {
    return resolveConfig(readSources(flags));
  } catch (error) {
    return exitWith(error);
  }
}

/** Reads a JSON file that a command changes. Ends the process if it is damaged, to lose nothing. */
export function readJsonFile(file: string): Record<string, unknown> {
  try {
    return recordIn(JSON.parse(readTextFile(file)), file);
  } catch (error) {
    warn(`${file} cannot be read as JSON: ${(error as Error).message}. Correct it first.`);
    return process.exit(exitCodes.badConfig);
  }
}

/** Returns a value of a JSON file that a command changes. Ends the process if it is no object. */
export function recordIn(value: unknown, name: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  warn(`${name} must be a JSON object, got ${describeValue(value)}. Correct it first.`);
  return process.exit(exitCodes.badConfig);
}

/** Prints a warning of a command that has no log. */
export function warn(text: string): void {
  console.error(text);
}

/** Prints why a run has no whole answer. */
export function warnOfEnd({ outcome, error }: Pick<RunEndEvent, "outcome" | "error">): void {
  if (error) warn(`The run failed: ${safe(error.message)}`);
  else if (outcome !== "completed") warn(`The run ended early: ${outcome}.`);
}

/** Prints that the model is asked again, because the wait may be long. */
export function warnOfRetry({ code, delayMs }: Pick<RetryEvent, "code" | "delayMs">): void {
  warn(`[model] ${code}. Trying again in ${Math.ceil(delayMs / 1000)} s.`);
}
