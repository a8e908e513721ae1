import { constants, copyFileSync, fsyncSync } from "node:fs";
import { isSystemError } from "../model/errors.ts";
import { type FileSystem, openFlags } from "./file-system.ts";
import { unlinkQuietly } from "./small-file.ts";
import { temporaryName } from "./temporary-file.ts";

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

/**
 * Moves a file, and throws `EEXIST` where `rename` would replace another file. Copies it where `to`
 * is on another file system, as behind a link to a folder.
 */
export function moveFile(fs: FileSystem, from: string, to: string): void {
  try {
    moveName(fs, from, to);
  } catch (error) {
    if (!isSystemError(error, "EXDEV")) throw error;
    copyAcross(fs, from, to);
    unlinkOld(fs, from, to);
  }
}

function moveName(fs: FileSystem, from: string, to: string): void {
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
  unlinkOld(fs, from, to);
}

/** Removes the old name of a file, or else the new one. */
function unlinkOld(fs: FileSystem, from: string, to: string): void {
  try {
    fs.unlink(from);
  } catch (error) {
    fs.unlink(to);
    throw error;
  }
}

/** Copies a file. The copy has its name when the disk has its bytes. */
function copyAcross(fs: FileSystem, from: string, to: string): void {
  const temporary = temporaryName(to);
  try {
    copyFileSync(from, temporary, constants.COPYFILE_EXCL);
    const fd = fs.open(temporary, openFlags.overwrite);
    try {
      fsyncSync(fd);
    } finally {
      fs.close(fd);
    }
    moveName(fs, temporary, to);
  } catch (error) {
    unlinkQuietly(fs, temporary);
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
