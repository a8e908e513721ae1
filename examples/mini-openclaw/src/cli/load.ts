import type { RunEndEvent } from "@mini-openclaw/protocol";
import { type MiniOpenClawConfig, resolveConfig } from "../settings/config.ts";
import { readSources, type Sources } from "../settings/sources.ts";
import { exitWith } from "./exit.ts";
import { safe } from "./safe-text.ts";

/** Loads the settings, or ends the process with the list of what is wrong with them. */
export function loadConfig(flags: Sources["flags"]): MiniOpenClawConfig {
  try {
    return resolveConfig(readSources(flags));
  } catch (error) {
    return exitWith(error);
  }
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
