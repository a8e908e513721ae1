import { join } from "node:path";
import type { AppendFile } from "../files/append-file.ts";
import { type FileSystem, openFlags } from "../files/file-system.ts";
import { DAMAGED_FOLDER, type SessionPaths } from "../files/session-paths.ts";
import { unlinkQuietly, writeAll } from "../files/small-file.ts";
import { reason, StoreError } from "../model/errors.ts";
import { createId } from "../model/names.ts";

/**
 * Copies the end of a file to `damaged/`, then cuts it.
 *
 * @throws StoreError `WRITE_FAILED`, with nothing cut and no copy
 */
export async function quarantineTail(
  fs: FileSystem,
  paths: SessionPaths,
  file: AppendFile,
  offset: number,
): Promise<void> {
  const folder = join(paths.folder, DAMAGED_FOLDER);
  const name = file.path.slice(paths.folder.length + 1).replaceAll(/[/\\]/g, ".");
  const copy = join(folder, `${name}.${offset}.${createId()}`);
  try {
    fs.makeDirectory(folder);
    await copyTail(fs, file, { offset, copy });
  } catch (cause) {
    // Each attempt on a full disk would leave another part of the bytes.
    unlinkQuietly(fs, copy);
    const text = `Cannot copy the torn end of ${file.path} to ${copy}: ${reason(cause)}.`;
    throw new StoreError("WRITE_FAILED", text, { cause });
  }
  if (!file.truncate(offset)) file.startNewLine();
}

async function copyTail(
  fs: FileSystem,
  file: AppendFile,
  { offset, copy }: { offset: number; copy: string },
): Promise<void> {
  const fd = fs.open(copy, openFlags.create);
  try {
    const buffer = Buffer.alloc(65_536);
    for (let position = offset; position < file.size; ) {
      const count = await fs.read(file.fd, buffer, position);
      if (count === 0) break;
      writeAll(fs, fd, buffer.subarray(0, count));
      position += count;
    }
    await fs.sync(fd);
  } finally {
    fs.close(fd);
  }
}
