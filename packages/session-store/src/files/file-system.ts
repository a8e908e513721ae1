import * as fs from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isSystemError } from "../model/errors.ts";

/**
 * The system calls of the store. A test replaces them to fail, cut short or forget any one.
 *
 * Synchronous calls take microseconds on a local disk. Calls that may take longer are asynchronous.
 */
export interface FileSystem {
  open(path: string, flags: number): number;
  close(fd: number): void;
  /** Returns the number of bytes written, which may be smaller than requested. */
  write(fd: number, bytes: string | Uint8Array): number;
  writeAt(fd: number, bytes: Uint8Array, position: number): number;
  truncate(fd: number, size: number): void;
  fileStat(fd: number): FileStat;
  /** Returns `undefined` if nothing has this path. Does not follow a link. */
  pathStat(path: string): FileStat | undefined;
  link(existing: string, path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  makeDirectory(path: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Returns the names in a directory, or those with an ending; none if it does not exist. */
  list(path: string, endings?: readonly string[]): Promise<string[]>;
  /** Returns the number of bytes read, which may be smaller than the buffer; 0 at the end. */
  read(fd: number, buffer: Uint8Array, position: number): Promise<number>;
  /** Reads as `read` does, for files that are known to be small. */
  readNow(fd: number, buffer: Uint8Array, position: number): number;
  /** Resolves when all bytes written to the file survive a power failure. */
  sync(fd: number): Promise<void>;
  /** Resolves when the names in the directory survive a power failure. */
  syncDirectory(path: string): Promise<void>;
}

export interface FileStat {
  readonly isFile: boolean;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

// A link is never followed, and no open waits for a pipe: others made both. (Absent on Windows: 0.)
const SAFE = O_NOFOLLOW | O_NONBLOCK;

export const openFlags = {
  read: O_RDONLY | SAFE,
  overwrite: O_RDWR | SAFE,
  append: O_RDWR | O_APPEND | SAFE,
  appendOrCreate: O_RDWR | O_APPEND | O_CREAT | SAFE,
  create: O_WRONLY | O_CREAT | O_EXCL | SAFE,
} as const;

// A few milliseconds for each batch.
const LIST_NAMES = 2_048;

const read = promisify(fs.read);
const fdatasync = promisify(fs.fdatasync);

/** The system calls of Node.js. Files get the mode 0600 and directories 0700. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags, 0o600),
  close: fs.closeSync,
  write: (fd, bytes) =>
    typeof bytes === "string" ? fs.writeSync(fd, bytes) : fs.writeSync(fd, bytes, 0, bytes.length),
  writeAt: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.length, position),
  truncate: fs.ftruncateSync,
  fileStat: (fd) => toStat(fs.fstatSync(fd)),
  pathStat(path) {
    try {
      const stat = fs.lstatSync(path, { throwIfNoEntry: false });
      return stat && toStat(stat);
    } catch (error) {
      // A file has the name of a folder, which may be one of the caches.
      if (isSystemError(error, "ENOTDIR")) return undefined;
      throw error;
    }
  },
  link: fs.linkSync,
  unlink: fs.unlinkSync,
  rename: fs.renameSync,
  makeDirectory: makeFolder,
  removeDirectory: fs.rmdirSync,
  async list(path, endings) {
    const names: string[] = [];
    let directory: fs.Dir;
    try {
      directory = await fs.promises.opendir(path, { bufferSize: LIST_NAMES });
    } catch (error) {
      if (isSystemError(error, "ENOENT", "ENOTDIR")) return names;
      throw error;
    }
    try {
      // Some at a time: all names of a large directory at once would block for 100 ms.
      let count = 0;
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        const { name } = entry;
        if (!endings || endings.some((ending) => name.endsWith(ending))) names.push(name);
        count += 1;
        if (count % LIST_NAMES === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return names;
    } finally {
      directory.closeSync();
    }
  },
  read: async (fd, buffer, position) => (await read(fd, buffer, 0, buffer.length, position)).bytesRead,
  readNow: (fd, buffer, position) => fs.readSync(fd, buffer, 0, buffer.length, position),
  sync: fdatasync,
  async syncDirectory(path) {
    // Windows cannot open a directory, and needs no sync of one.
    if (process.platform === "win32") return;
    const directory = await fs.promises.open(path, O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

function toStat(stat: fs.Stats): FileStat {
  return {
    isFile: stat.isFile(),
    dev: stat.dev,
    ino: stat.ino,
    size: stat.size,
    mtimeMs: stat.mtimeMs,
  };
}

/**
 * Creates a folder and the folders above it, with the mode 0700. Does nothing if it exists.
 *
 * `mkdirSync` of Node.js 20 with `recursive` never returns on a file system that refuses a new
 * folder with ENOENT, as some virtual ones do.
 */
export function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path, 0o700);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) {
      if (isFolder(path)) return;
      const message = `EEXIST: ${path} must be a folder. Move what is there elsewhere`;
      throw Object.assign(new Error(message, { cause: error }), { code: "EEXIST" });
    }
    const parent = dirname(path);
    if (!isSystemError(error, "ENOENT") || parent === path || isFolder(parent)) throw error;
    makeFolder(parent);
    makeFolder(path);
  }
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
