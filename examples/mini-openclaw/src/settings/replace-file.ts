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
    removeFile(beside);
    // A full disk has no path in its message.
    if (error instanceof Error) error.message = `${path} cannot be written: ${error.message}`;
    throw error;
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The reason for the failure before is the one to report.
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
