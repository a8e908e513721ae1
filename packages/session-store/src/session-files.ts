import type { Entry, LoadMessagesOptions, MessageEntry, SessionMeta } from "@mini-openclaw/protocol";
import { readCachedMeta, readCheckpoint } from "./checkpoint.ts";
import { lastLiveSeq } from "./event-files.ts";
import type { FileSystem } from "./file-system.ts";
import { withFile, withFileLines } from "./regular-file.ts";
import { summarize, toReadError } from "./session-opening.ts";
import { type Located, sessionPaths } from "./session-paths.ts";
import { findShelved } from "./session-shelf.ts";
import type { Summary } from "./summary.ts";
import { assertReadable, readEntries, readLastMessages, readLinesBackward } from "./transcript-reader.ts";

/** Reads the sessions of a folder. Never writes, and needs no lock. */
export class SessionFiles {
  readonly #fs: FileSystem;
  readonly #folder: string;

  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs;
    this.#folder = folder;
  }

  /** A session's files, in their place or in the archive; `undefined` if it has none. */
  async locate(sessionId: string): Promise<Located | undefined> {
    const paths = sessionPaths(this.#folder, sessionId);
    if (this.#fs.pathStat(paths.transcript)) return paths;
    return findShelved(this.#fs, this.#folder, "archive", sessionId);
  }

  /** What a transcript adds up to; `undefined` if it has no line yet. */
  async summary(sessionId: string, located: Located): Promise<Summary | undefined> {
    return this.#reading(located, async () =>
      withFile(this.#fs, located.transcript, async (file) => {
        if (file.size === 0) return undefined;
        const { summary } = await summarize(file, readCheckpoint(sessionId, located, file));
        return summary;
      }),
    );
  }

  /** What is known of a session, numbers of live events included. */
  async meta(sessionId: string): Promise<SessionMeta | undefined> {
    const located = await this.locate(sessionId);
    const meta = located && (await this.summary(sessionId, located))?.meta;
    if (!meta) return undefined;
    const live = await lastLiveSeq(this.#fs, sessionPaths(this.#folder, sessionId).journal);
    return live > meta.lastSeq ? { ...meta, lastSeq: live } : meta;
  }

  async lastMessages(
    located: Located,
    { limit = 50, before, role }: LoadMessagesOptions,
  ): Promise<MessageEntry[] | undefined> {
    return this.#reading(located, async () =>
      withFile(this.#fs, located.transcript, async (file) => {
        await assertReadable(file);
        return readLastMessages(file, { limit, before, role });
      }),
    );
  }

  /** What the cache says, if it covers the whole transcript; for reading very many sessions. */
  cachedMeta(sessionId: string): SessionMeta | undefined {
    const paths = sessionPaths(this.#folder, sessionId);
    const size = this.#fs.pathStat(paths.transcript)?.size;
    return size === undefined ? undefined : readCachedMeta(this.#fs, paths, size);
  }

  async *entries(located: Located, { after }: { after: number }): AsyncGenerator<Entry> {
    try {
      yield* withFileLines(this.#fs, located.transcript, async function* (file) {
        await assertReadable(file);
        yield* readEntries(file, { after });
      });
    } catch (error) {
      throw toReadError(error, located.transcript);
    }
  }

  /** The newest message for which `matches` is true. */
  async findLast(
    located: Located,
    matches: (message: MessageEntry) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<MessageEntry | undefined> {
    return this.#reading(located, async () =>
      withFile(this.#fs, located.transcript, async (file) => {
        await assertReadable(file);
        for await (const { line } of readLinesBackward(file)) {
          signal?.throwIfAborted();
          if (line.kind === "bare") return findLastBare(readEntries(file, {}), matches);
          if (line.kind === "entry" && "role" in line.entry && matches(line.entry)) return line.entry;
        }
        return undefined;
      }),
    );
  }

  async #reading<T>(located: Located, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw toReadError(error, located.transcript);
    }
  }
}

/** In files whose lines carry no numbers: they are counted from the start. */
async function findLastBare(
  entries: AsyncIterable<Entry>,
  matches: (message: MessageEntry) => boolean,
): Promise<MessageEntry | undefined> {
  let last: MessageEntry | undefined;
  for await (const entry of entries) if ("role" in entry && matches(entry)) last = entry;
  return last;
}
