import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Entry, type FileBlock, filesOf, type SessionStore } from "@mini-openclaw/protocol";
import { makeFolder } from "../files/file-system.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { reason, StoreError } from "../model/errors.ts";

/** Saves the files of an exported session. */
export interface FileSaver {
  /** Saves the files of an entry, each under the SHA-256 of its bytes. */
  save(entry: Entry): Promise<void>;
  /** Returns the path of a file that was saved. */
  readonly linkOf: (file: FileBlock) => string | undefined;
  /** The ids of blobs that the store does not have. */
  readonly missing: readonly string[];
}

/** Creates a saver that writes to a folder, which it makes with the first file. */
export function createFileSaver(
  store: Pick<SessionStore, "loadBlob">,
  sessionId: string,
  folder: string,
): FileSaver {
  const paths = new Map<string, string>();
  const missing: string[] = [];
  const load = async (id: string, data: string | undefined) =>
    data === undefined ? await store.loadBlob?.(sessionId, id) : Buffer.from(data, "base64");
  return {
    missing,
    linkOf: (file) => paths.get(idOf(file)),
    async save(entry) {
      for (const file of ("blocks" in entry && filesOf(entry)) || []) {
        const id = idOf(file);
        if (paths.has(id)) continue;
        const bytes = id === "" ? undefined : await load(id, file.data);
        if (!bytes) {
          missing.push(id || String(file.blob));
          continue;
        }
        const path = join(folder, id + (extensions[file.mediaType] ?? ""));
        await saveFile(folder, path, bytes);
        paths.set(id, path);
      }
    },
  };
}

/**
 * Writes a file beside its place and moves it there: a pipe under its name would keep the writer
 * waiting, and a link would lead elsewhere.
 */
async function saveFile(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  try {
    makeFolder(folder);
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const advice = "Give --files a folder that can be written.";
    throw new StoreError("WRITE_FAILED", `Cannot save ${path}: ${reason(cause)}. ${advice}`, { cause });
  }
}

const extensions: Readonly<Record<string, string>> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "application/pdf": ".pdf",
  "text/plain": ".txt",
};

/**
 * Returns the SHA-256 of a file's bytes. It names the copy, so that no id leads out of the folder.
 */
function idOf({ blob, data }: FileBlock): string {
  if (data !== undefined) return createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");
  return blob !== undefined && /^[0-9a-f]{64}$/.test(blob) ? blob : "";
}
