import { join } from "node:path";
import { StoreError } from "./errors.ts";
import { isSessionId } from "./names.ts";
import { LIVE_FOLDER } from "./session-paths.ts";
import type { StoreParts } from "./store-parts.ts";

/** Closes what dead writers left running: only sessions with a live journal are looked at. Gives their ids. */
export async function recoverSessions({ folder, files, writers }: StoreParts): Promise<string[]> {
  const recovered: string[] = [];
  for (const name of await folder.fs.list(join(folder.path, LIVE_FOLDER))) {
    const sessionId = name.replace(/\.jsonl$/, "");
    if (sessionId === name || !isSessionId(sessionId) || (await writers.peek(sessionId))) continue;
    try {
      const before = (await files.meta(sessionId))?.lastSeq ?? 0;
      // Opening the writer is what closes the runs.
      const after = await writers.use(sessionId, ({ lastSeq }) => lastSeq);
      if (after > before) recovered.push(sessionId);
    } catch (error) {
      if (!isSomebodyElses(error)) throw error;
    }
  }
  return recovered;
}

/** Another process is at work on it, or its transcript was put away. */
function isSomebodyElses(error: unknown): boolean {
  const codes = ["SESSION_LOCKED", "SESSION_NOT_FOUND", "SESSION_ARCHIVED"];
  return StoreError.is(error) && codes.includes(error.code);
}
