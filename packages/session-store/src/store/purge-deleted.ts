import { join } from "node:path";
import type { ArchiveFolder } from "../files/archive-folder.ts";
import type { FileSystem } from "../files/file-system.ts";
import { createSmallFile, readCache, unlinkQuietly } from "../files/small-file.ts";
import { createId } from "../model/names.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
// Long enough to notice a mistake.
const KEEP_MS = 7 * DAY_MS;
// More than any correction of a correct clock.
const MAX_DRIFT_MS = 60 * 60 * 1_000;

const started = { wall: Date.now(), steady: performance.now() };

/**
 * Removes sessions for good 7 days after they were deleted. `changedAt` is the time of the last
 * change in the folder.
 *
 * A clock that jumps must remove nothing. Nothing is removed while the clock differs from the one
 * at the start of this process. A jump between two processes looks like a long pause, so after a
 * pause purging waits a day.
 */
export async function purgeDeleted(
  fs: FileSystem,
  deleted: ArchiveFolder,
  { changedAt }: { changedAt: number | undefined },
): Promise<void> {
  const now = Date.now();
  const drift = now - started.wall - (performance.now() - started.steady);
  if (Math.abs(drift) > MAX_DRIFT_MS) return;
  const old = (await deleted.list()).filter(({ at }) => at < now - KEEP_MS);
  if (old.length === 0 || isAfterPause(fs, join(deleted.path, "pause.json"), { now, changedAt })) return;
  for (const files of old) deleted.discard(files);
}

/** Returns true for a day after a pause. Saves the pause in a file for the next process. */
function isAfterPause(
  fs: FileSystem,
  path: string,
  { now, changedAt = now }: { now: number; changedAt: number | undefined },
): boolean {
  const since = readCache(fs, path)?.["since"];
  // A pause that begins in the future was saved by a wrong clock.
  const isKnown = typeof since === "number" && since <= now;
  if (isKnown && now - since < DAY_MS) return true;
  if (isKnown || typeof since === "number") unlinkQuietly(fs, path);
  if (isKnown || now - changedAt < DAY_MS) return false;
  const temporary = `${path}.${createId()}.tmp`;
  createSmallFile(fs, path, `${JSON.stringify({ since: now })}\n`, { temporary, replace: true });
  return true;
}
