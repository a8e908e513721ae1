import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/**
 * Writes a file beside and renames it, so that no reader gets half of it, and a full disk leaves
 * the one from before. A link stays a link, as of people who keep their settings elsewhere.
 *
 * @param mode of the file. Without one, an existing file keeps its own
 */
export function replaceFile(path: string, text: string, mode?: number): void {
  const target = targetOf(path);
  const before = statSync(target, { throwIfNoEntry: false })?.mode;
  const beside = `${target}.new`;
  try {
    writeFileSync(beside, text, { mode: mode ?? before ?? 0o666 });
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
