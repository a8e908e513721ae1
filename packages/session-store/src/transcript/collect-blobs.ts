import { join } from "node:path";
import type { FileSystem } from "../files/file-system.ts";
import { scanForward } from "../files/line-scan.ts";
import { withFileLines } from "../files/regular-file.ts";
import { DAMAGED_FOLDER, type SessionPaths } from "../files/session-paths.ts";
import type { BlobFolder } from "./blob-folder.ts";

/**
 * Removes the blobs that no line of the session names. A process that died between a blob and its
 * line leaves such blobs. The caller holds the session's lock.
 */
export async function collectBlobs(
  fs: FileSystem,
  { paths, blobs }: { paths: SessionPaths; blobs: BlobFolder },
): Promise<void> {
  const saved = await blobs.list();
  if (saved.length === 0) return;
  // Lines that were cut may name them too, and somebody may want those lines back.
  const damaged = await fs.list(join(paths.folder, DAMAGED_FOLDER));
  if (damaged.some((name) => name.startsWith(`${paths.sessionId}.`))) return;
  const named = new Set<string>();
  for (const path of [paths.transcript, paths.journal]) {
    for await (const id of blobIdsIn(fs, path)) named.add(id);
  }
  for (const name of saved) if (!named.has(name)) blobs.remove(name);
}

// Other programs that rewrite lines put blanks after the colon.
const BLOB = /"blob"[ \t]*:[ \t]*"([0-9a-f]{64})"/g;

/** Yields the ids of blobs in the lines of a file, damaged lines included. */
async function* blobIdsIn(fs: FileSystem, path: string): AsyncGenerator<string, void, undefined> {
  yield* withFileLines(fs, path, async function* ({ fd, size }) {
    for await (const batch of scanForward(fs, fd, { start: 0, end: size })) {
      for (const { bytes } of batch) {
        const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
        for (const [, id = ""] of line.matchAll(BLOB)) yield id;
      }
    }
  });
}
