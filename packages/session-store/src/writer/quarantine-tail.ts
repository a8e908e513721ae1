import { join } from "node:path";
import type { AppendFile } from "../files/append-file.ts";
import { type FileSystem, openFlags } from "../files/file-system.ts";
import { DAMAGED_FOLDER, type SessionPaths } from "../files/session-paths.ts";
import { createId } from "../model/names.ts";

/** Copies the end of a file to `damaged/`, then cuts it. */
export async function quarantineTail(
  fs: FileSystem,
  paths: SessionPaths,
  file: AppendFile,
  offset: number,
): Promise<void> {
  const folder = join(paths.folder, DAMAGED_FOLDER);
  fs.makeDirectory(folder);
  const name = file.path.slice(paths.folder.length + 1).replaceAll(/[/\\]/g, ".");
  const copy = fs.open(join(folder, `${name}.${offset}.${createId()}`), openFlags.create);
  try {
    const buffer = Buffer.alloc(65_536);
    for (let position = offset; position < file.size; ) {
      const count = await fs.read(file.fd, buffer, position);
      if (count === 0) break;
      for (let written = 0; written < count; ) written += fs.write(copy, buffer.subarray(written, count));
      position += count;
    }
    await fs.sync(copy);
  } finally {
    fs.close(copy);
  }
  if (!file.truncate(offset)) file.startNewLine();
}
