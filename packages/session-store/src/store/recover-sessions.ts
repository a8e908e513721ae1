import { join } from "node:path";
import { LIVE_FOLDER } from "../files/session-paths.ts";
import { isSessionId } from "../model/names.ts";
import { isOfOneSession, type StoreContext } from "./store-context.ts";

/**
 * Closes the runs that dead writers left open, and returns the ids of their sessions. Reads
 * sessions with a live journal only. Skips a session that cannot be recovered. Opening that session
 * throws the reason.
 */
export async function recoverSessions(context: StoreContext): Promise<string[]> {
  const { folder, files, writers, onFailure } = context;
  const recovered: string[] = [];
  for (const name of await folder.fs.list(join(folder.path, LIVE_FOLDER))) {
    const sessionId = name.replace(/\.jsonl$/, "");
    if (sessionId === name || !isSessionId(sessionId) || writers.has(sessionId)) continue;
    try {
      const before = (await files.meta(sessionId))?.lastSeq ?? 0;
      // Opening the writer closes the runs.
      const after = await writers.use(sessionId, ({ lastSeq }) => lastSeq);
      if (after > before) recovered.push(sessionId);
    } catch (error) {
      if (!isOfOneSession(error)) throw error;
      if (!isExpected(error)) onFailure(error, `recover session ${sessionId}`);
    }
  }
  return recovered;
}

/** Returns true if another process writes the session, or its transcript was moved. */
function isExpected(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "SESSION_LOCKED" || code === "SESSION_NOT_FOUND" || code === "SESSION_ARCHIVED";
}
