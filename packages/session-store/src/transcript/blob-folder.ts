import { constants } from "node:buffer";
import { createHash } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { FileSystem } from "../files/file-system.ts";
import { openFlags } from "../files/file-system.ts";
import { NO_HARD_LINKS } from "../files/move-file.ts";
import { withFile } from "../files/regular-file.ts";
import { BLOBS_FOLDER } from "../files/session-paths.ts";
import { unlinkQuietly, writeAll } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { isSystemError } from "../model/errors.ts";

const BLOB_ID = /^[0-9a-f]{64}$/;

/**
 * The blobs of one session: files that are too large for a line. Each one is named by the SHA-256
 * of its bytes.
 *
 * A session has its own folder, so that its writer's lock protects the blobs too. A fork has hard
 * links to the same bytes.
 */
export class BlobFolder {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #folder: string;

  constructor(fs: FileSystem, folder: string, sessionId: string) {
    this.#fs = fs;
    this.#folder = folder;
    this.path = join(folder, BLOBS_FOLDER, sessionId);
  }

  /**
   * Saves bytes and returns their id. The file has its name only when it is complete. With
   * `isDurable` it survives a power failure.
   */
  async save(bytes: Uint8Array, { isDurable }: { isDurable: boolean }): Promise<string> {
    const fs = this.#fs;
    const id = idOf(bytes);
    const path = join(this.path, id);
    // One that is damaged, or that nobody may have synced, is written again.
    if (!isDurable && (await this.#has(id))) return id;
    fs.makeDirectory(this.path);
    const temporary = temporaryName(path);
    const fd = fs.open(temporary, openFlags.create);
    try {
      try {
        writeAll(fs, fd, bytes);
        if (isDurable) await fs.sync(fd);
      } finally {
        fs.close(fd);
      }
      fs.rename(temporary, path);
    } catch (error) {
      unlinkQuietly(fs, temporary);
      throw error;
    }
    if (isDurable) await this.sync();
    return id;
  }

  /** Resolves when the names of the blobs survive a power failure. */
  async sync(): Promise<void> {
    if (!this.#fs.pathStat(this.path)) return;
    for (const folder of [this.path, join(this.#folder, BLOBS_FOLDER), this.#folder]) {
      await this.#fs.syncDirectory(folder);
    }
  }

  /** Returns the bytes of a blob; `undefined` if it is missing or damaged. */
  async load(id: string): Promise<Uint8Array | undefined> {
    if (typeof id !== "string" || !BLOB_ID.test(id)) return undefined;
    const bytes = await withFile(this.#fs, join(this.path, id), async ({ fs, fd, size }) => {
      if (size > constants.MAX_LENGTH) return undefined; // nobody saved so much
      const buffer = Buffer.alloc(size);
      let length = 0;
      while (length < size) {
        const count = await fs.read(fd, buffer.subarray(length), length);
        if (count === 0) break;
        length += count;
      }
      return buffer.subarray(0, length);
    });
    return bytes && idOf(bytes) === id ? bytes : undefined;
  }

  async #has(id: string): Promise<boolean> {
    try {
      return (await this.load(id)) !== undefined;
    } catch {
      return false;
    }
  }

  /** Adds a blob of another session. A blob that is missing there is missing here too. */
  link(from: BlobFolder, id: string): void {
    if (!BLOB_ID.test(id)) return;
    const existing = join(from.path, id);
    const path = join(this.path, id);
    this.#fs.makeDirectory(this.path);
    try {
      this.#fs.link(existing, path);
    } catch (error) {
      if (isSystemError(error, "EEXIST", "ENOENT")) return;
      if (!isSystemError(error, ...NO_HARD_LINKS)) throw error;
      copyFileSync(existing, path);
    }
  }

  /** Returns the names of all files in the folder. */
  list(): Promise<string[]> {
    return this.#fs.list(this.path);
  }

  /** Removes a file of the folder. */
  remove(name: string): void {
    unlinkQuietly(this.#fs, join(this.path, name));
  }

  /** Removes the folder with all its files. */
  async discard(): Promise<void> {
    for (const name of await this.list()) this.remove(name);
    try {
      this.#fs.removeDirectory(this.path);
    } catch (error) {
      if (!isSystemError(error, "ENOENT")) throw error;
    }
  }
}

function idOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
