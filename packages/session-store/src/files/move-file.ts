import { isSystemError } from "../model/errors.ts";
import type { FileSystem } from "./file-system.ts";

/** The codes by which file systems refuse hard links that they do not know. */
export const NO_HARD_LINKS = [
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EPERM",
  "EMLINK",
  "EXDEV",
  "EINVAL",
  "EACCES",
];

/** Moves a file, and throws `EEXIST` where `rename` would replace another file. */
export function moveFile(fs: FileSystem, from: string, to: string): void {
  try {
    fs.link(from, to);
  } catch (error) {
    if (isSystemError(error, "EEXIST") && isSameFile(fs, from, to)) {
      fs.unlink(from); // a move that was interrupted
      return;
    }
    if (!isSystemError(error, ...NO_HARD_LINKS)) throw error;
    if (fs.pathStat(to)) throw new FileExistsError(to);
    fs.rename(from, to);
    return;
  }
  try {
    fs.unlink(from);
  } catch (error) {
    fs.unlink(to);
    throw error;
  }
}

function isSameFile(fs: FileSystem, one: string, other: string): boolean {
  const left = fs.pathStat(one);
  const right = fs.pathStat(other);
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/** Stands for the system's error where the system has no call that throws it. */
class FileExistsError extends Error {
  readonly code = "EEXIST";

  constructor(path: string) {
    super(`EEXIST: ${path}`);
  }
}
