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
      if (!isLeftAlone(error)) throw error;
    }
  }
  return recovered;
}

/** Another process is at work on it, its transcript was put away, or is not ours to read: whoever opens it is told. */
function isLeftAlone(error: unknown): boolean {
  const codes = [
    "SESSION_LOCKED",
    "SESSION_NOT_FOUND",
    "SESSION_ARCHIVED",
    "UNSUPPORTED_VERSION",
    "NOT_A_FILE",
  ];
  return StoreError.is(error) && codes.includes(error.code);
}
