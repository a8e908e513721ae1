import process from "node:process";
import { createInterface } from "node:readline/promises";
import { findBashSandbox } from "../agent/bash-sandbox.ts";
import { findSettings } from "../settings/config.ts";
import { readSources, type Sources } from "../settings/sources.ts";
import { setConfig } from "./commands/config.ts";
import { loadConfig } from "./load.ts";

/** The values of the setting by the key of the answer. */
const answers: Readonly<Record<string, string>> = { "1": "bash", "2": "risky", "3": "off" };
const DEFAULT = "2";

/**
 * Asks a person at a terminal once which commands of the agent need a decision, and saves the
 * answer. Asks nobody where the setting is set, where no person is, or in the demo.
 */
export async function askFirst(flags: Sources["flags"]): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return;
  const { found } = findSettings(readSources(flags));
  const config = loadConfig(flags);
  if (found.approval || config.server.api === "demo") return;
  const { sandbox, state } = await findBashSandbox(config);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  console.log(
    [
      "",
      "The agent runs commands in this folder. Which ones may run unasked is your decision.",
      `  sandbox: ${state}`,
      "  1  ask before every command",
      `  2  ask before risky ones: those that no sandbox holds${sandbox ? " (none here)" : " (all here)"}`,
      "  3  ask before none",
    ].join("\n"),
  );
  const ended = new AbortController();
  lines.once("close", () => ended.abort());
  try {
    const given = await lines.question(`1, 2 or 3 [${DEFAULT}]: `, { signal: ended.signal });
    setConfig("approval", answers[given.trim() || DEFAULT] ?? answers[DEFAULT]);
    console.log("Change it with: mini-openclaw config set approval …");
  } catch {
    // The input ended. The question comes again at the next start.
  } finally {
    lines.close();
  }
}
