import type { SessionMeta } from "@mini-openclaw/protocol";
import { isSettled, stampFolder } from "../files/archive-folder.ts";
import type { FileSystem } from "../files/file-system.ts";
import type { SessionPaths } from "../files/session-paths.ts";

// As many as the largest page of a list; about 1 KB each.
const MAX_METAS = 1_000;
// A program that appends without a lock is noticed within this time.
const LOOK_EVERY_MS = 50;

interface KnownMeta {
  /** The state of the session's files when the meta was read. */
  readonly state: string;
  readonly meta: SessionMeta;
  /** The stamp of the folder at the last look at the files, if nobody could write them then. */
  stamp?: string | undefined;
  lookedAt: number;
}

/**
 * The metas that were read lately, for as long as their files have the same state.
 *
 * A writer makes its lock before it writes, and that changes the folder. So while a folder without
 * a lock of a session does not change, the session does not change either, and its files need no
 * look.
 */
export class MetaCache {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #metas = new Map<string, KnownMeta>();

  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs;
    this.#folder = folder;
  }

  /** Identifies the state of the folder. Returns `undefined` if it changed a moment ago. */
  stamp(): string | undefined {
    const stamp = stampFolder(this.#fs, this.#folder);
    return isSettled(stamp) ? stamp : undefined;
  }

  /** Returns a meta without a look at its files, if they cannot have changed. */
  peek(sessionId: string, stamp: string | undefined): SessionMeta | undefined {
    const known = this.#metas.get(sessionId);
    if (!known || stamp === undefined || known.stamp !== stamp) return undefined;
    return performance.now() - known.lookedAt < LOOK_EVERY_MS ? known.meta : undefined;
  }

  /** Returns the meta of a session if its files have not changed. Calls `read` otherwise. */
  async get(
    sessionId: string,
    paths: SessionPaths,
    read: () => Promise<SessionMeta | undefined>,
  ): Promise<SessionMeta | undefined> {
    const stamp = this.stamp();
    const lookedAt = performance.now();
    const state = this.#stateOf(paths);
    const known = this.#metas.get(sessionId);
    const meta = known && known.state === state ? known.meta : await read();
    // A file that changed during the read has another state now.
    if (!meta || state === undefined || (meta !== known?.meta && state !== this.#stateOf(paths))) return meta;
    const isFree = this.#fs.pathStat(paths.lock) === undefined;
    this.#metas.delete(sessionId);
    this.#metas.set(sessionId, { state, meta, lookedAt, stamp: isFree ? stamp : undefined });
    const [oldest] = this.#metas.keys();
    if (this.#metas.size > MAX_METAS && oldest !== undefined) this.#metas.delete(oldest);
    return meta;
  }

  /** Identifies the contents of a session's files; `undefined` if it has none in the folder. */
  #stateOf({ transcript, journal }: SessionPaths): string | undefined {
    const file = this.#fs.pathStat(transcript);
    if (!file?.isFile) return undefined;
    const live = this.#fs.pathStat(journal);
    return [file.dev, file.ino, file.size, file.mtimeMs, live?.ino, live?.size, live?.mtimeMs].join();
  }
}
