import process from "node:process";
import { MemoryManager } from "@mini-openclaw/agent-runtime";
import type { MiniOpenClawConfig } from "../../settings/config.ts";
import type { Sources } from "../../settings/sources.ts";
import { exitCodes } from "../exit.ts";
import { loadConfig, warn } from "../load.ts";
import { safe } from "../safe-text.ts";

/** Prints the long-term memory and the daily logs that the model gets. */
export async function showMemory(flags: Sources["flags"]): Promise<void> {
  const config = loadConfig(flags);
  try {
    await printMemory(config);
  } catch (error) {
    warn(`The memory cannot be read: ${(error as Error).message} Move or correct it.`);
    process.exit(exitCodes.failed);
  }
}

async function printMemory({ workspace, dataDir, logDays }: MiniOpenClawConfig): Promise<void> {
  const memory = new MemoryManager({ workspaceDir: workspace, dataDir });
  const longTerm = await memory.readLongTerm();
  console.log(longTerm === undefined ? "There is no MEMORY.md yet." : `MEMORY.md\n\n${safe(longTerm)}`);
  for (let daysAgo = 0; daysAgo <= logDays; daysAgo += 1) {
    const log = await memory.readDailyLog({ daysAgo });
    if (log) console.log(`\n${log.day}\n\n${safe(log.text)}`);
  }
}
