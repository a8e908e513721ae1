import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isSystemError } from "../model/errors.ts";

const MODE = 0o700;

/**
 * Creates a folder and the folders above it, with the mode 0700. Does nothing if it exists.
 *
 * `mkdirSync` of Node.js 20 with `recursive` never returns on a file system that refuses a new
 * folder with ENOENT, as some virtual ones do.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, MODE);
  } catch (error) {
    if (isSystemError(error, "EEXIST") && isFolder(path)) return;
    const parent = dirname(path);
    if (!isSystemError(error, "ENOENT") || parent === path || isFolder(parent)) throw error;
    makeFolder(parent);
    makeFolder(path);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
