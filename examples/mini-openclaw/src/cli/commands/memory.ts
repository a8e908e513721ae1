import { MemoryManager } from "@mini-openclaw/agent-runtime";
import type { Sources } from "../../settings/sources.ts";
import { loadConfig } from "../load.ts";
import { safe } from "../safe-text.ts";

/** Prints the long-term memory and the daily logs that the model gets. */
export async function showMemory(flags: Sources["flags"]): Promise<void> {
  const { workspace, dataDir, logDays } = loadConfig(flags);
  const memory = new MemoryManager({ workspaceDir: workspace, dataDir });
  const longTerm = await memory.readLongTerm();
  console.log(longTerm === undefined ? "There is no MEMORY.md yet." : `MEMORY.md\n\n${safe(longTerm)}`);
  for (let daysAgo = 0; daysAgo <= logDays; daysAgo += 1) {
    const log = await memory.readDailyLog({ daysAgo });
    if (log) console.log(`\n${log.day}\n\n${safe(log.text)}`);
  }
}
