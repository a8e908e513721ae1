import type { Entry, LoadMessagesOptions, MessageEntry, SessionMeta } from "@mini-openclaw/protocol";
import { ArchiveFolder } from "../files/archive-folder.ts";
import { type FileSystem, openFlags } from "../files/file-system.ts";
import { openRegular, withFile } from "../files/regular-file.ts";
import { type SessionLocation, sessionPaths } from "../files/session-paths.ts";
import type { Summary } from "../format/summary.ts";
import { isSystemError, toReadError } from "../model/errors.ts";
import { isSessionId } from "../model/names.ts";
import type { Matcher } from "../model/search.ts";
import { inSlices } from "../model/slices.ts";
import { readCachedMeta, readCheckpoint, summarize } from "./checkpoint.ts";
import { lastLiveSeq } from "./event-files.ts";
import { assertOwnFile, assertOwnLines, foreignProgram } from "./foreign-file.ts";
import { LineIndexes } from "./line-index.ts";
import { MetaCache } from "./meta-cache.ts";
import {
  assertReadable,
  type LineFinder,
  type OpenTranscript,
  readEntries,
  readLastMessages,
  readLinesBackward,
} from "./transcript-reader.ts";

// Enough for a session that another process moves back and forth.
const MAX_LOOKUPS = 100;

/** Reads the sessions of a folder. Never writes, and needs no lock. */
export class SessionFiles {
  readonly archive: ArchiveFolder;
  readonly deleted: ArchiveFolder;
  readonly metas: MetaCache;
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #indexes = new LineIndexes();

  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs;
    this.#folder = folder;
    this.metas = new MetaCache(fs, folder);
    this.archive = new ArchiveFolder(fs, folder, "archive");
    this.deleted = new ArchiveFolder(fs, folder, "deleted");
  }

  /** Returns the ids of all transcripts in the folder and in the archive, readable or not. */
  async list(): Promise<{ open: Set<string>; archived: Set<string>; locked: Set<string> }> {
    const open = new Set<string>();
    const locked = new Set<string>();
    await inSlices(await this.#fs.list(this.#folder, [".jsonl", ".lock"]), (name) => {
      const dot = name.indexOf(".");
      const found = name.endsWith(".jsonl") ? open : name.endsWith(".lock") ? locked : undefined;
      // A name with a second dot is no session's: its id would have a dot.
      if (found && dot === name.lastIndexOf(".") && isSessionId(name.slice(0, dot))) {
        found.add(name.slice(0, dot));
      }
    });
    const archived = new Set<string>();
    for (const { sessionId } of await this.#listArchive()) if (!open.has(sessionId)) archived.add(sessionId);
    return { open, archived, locked };
  }

  /** Returns the location of a session's files, in the folder or in the archive. */
  async locate(sessionId: string): Promise<SessionLocation | undefined> {
    const paths = sessionPaths(this.#folder, sessionId);
    for (let lookup = 1; ; lookup += 1) {
      const stamp = this.archive.stamp();
      if (this.#fs.pathStat(paths.transcript)) return paths;
      const archived = stamp === "none" ? undefined : await this.#findArchived(sessionId);
      if (archived) return archived;
      // It may be unarchived since the first look. The stamp shows further moves.
      if (this.#fs.pathStat(paths.transcript)) return paths;
      if (stamp === this.archive.stamp() || lookup === MAX_LOOKUPS) return undefined;
    }
  }

  /** Returns the summary of a transcript; `undefined` if there is none, or it has no line yet. */
  async summary(sessionId: string): Promise<Summary | undefined> {
    return this.#read(sessionId, (file, location) => this.#summarize(sessionId, file, location));
  }

  /** Returns the summary of a deleted session's transcript. */
  async deletedSummary(sessionId: string): Promise<Summary | undefined> {
    const location = await this.deleted.find(sessionId);
    const file = location && this.#open(location);
    return file && this.#using(file, location, () => this.#summarize(sessionId, file, location));
  }

  /** Returns a session's meta, with the numbers of its live events. */
  meta(sessionId: string): Promise<SessionMeta | undefined> {
    const paths = sessionPaths(this.#folder, sessionId);
    return this.metas.get(sessionId, paths, async () => {
      const meta = (await this.summary(sessionId))?.meta;
      if (!meta || !this.#fs.pathStat(paths.journal)) return meta;
      const live = await lastLiveSeq(this.#fs, paths.journal);
      return live > meta.lastSeq ? { ...meta, lastSeq: live } : meta;
    });
  }

  /** Returns the last messages; `undefined` if there is no transcript. */
  async lastMessages(
    sessionId: string,
    { limit = 50, before, role }: LoadMessagesOptions,
  ): Promise<MessageEntry[] | undefined> {
    return this.#read(sessionId, async (file, { transcript }) => {
      assertReadable(file);
      const messages = await readLastMessages(file, { limit, before, role });
      if (messages.length === 0) await assertOwnLines(file, transcript);
      return messages;
    });
  }

  /**
   * Returns the meta of the cache, if it covers the whole transcript. Fast enough for very many
   * sessions.
   */
  cachedMeta(sessionId: string): SessionMeta | undefined {
    const paths = sessionPaths(this.#folder, sessionId);
    const size = this.#fs.pathStat(paths.transcript)?.size;
    return size === undefined ? undefined : readCachedMeta(this.#fs, sessionId, { paths, size });
  }

  /** Yields a session's entries. Returns false, without a value, if there is no transcript. */
  async *entries(sessionId: string, { after }: { after: number }): AsyncGenerator<Entry, boolean> {
    const opened = await this.#openSession(sessionId);
    if (!opened) return false;
    const { file, location } = opened;
    try {
      assertReadable(file);
      let isEmpty = true;
      for await (const entry of readEntries(file, { after })) {
        isEmpty = false;
        yield entry;
      }
      if (isEmpty) await assertOwnLines(file, location.transcript);
      return true;
    } catch (error) {
      throw toReadError(error, location.transcript);
    } finally {
      this.#fs.close(file.fd);
    }
  }

  /** @throws StoreError `FOREIGN_FILE` for the file of another program */
  async assertOwn({ transcript }: SessionLocation): Promise<void> {
    await withFile(this.#fs, transcript, (file) => assertOwnLines(file, transcript));
  }

  /** Returns the program that wrote a file which is no session of this store. */
  async foreignProgram(sessionId: string): Promise<string | undefined> {
    const read = this.#read(sessionId, (file) => foreignProgram(file));
    return read.catch(() => undefined); // verify names files that cannot be read
  }

  /** Returns the newest entry that can be read. */
  async lastEntry(sessionId: string): Promise<Entry | undefined> {
    return this.#read(sessionId, async (file) => {
      scan: for await (const lines of readLinesBackward(file)) {
        for (const { line } of lines) {
          if (line.kind === "entry") return line.entry;
          if (line.kind === "legacy") break scan;
        }
      }
      let last: Entry | undefined;
      for await (const entry of readEntries(file, {})) last = entry;
      return last;
    });
  }

  /** Returns the newest message that matches. */
  async findLast(
    sessionId: string,
    { inMessage: matches, mayMatch }: Matcher,
    signal: AbortSignal | undefined,
  ): Promise<MessageEntry | undefined> {
    return this.#read(sessionId, async (file) => {
      assertReadable(file);
      for await (const lines of readLinesBackward(file, { mayMatter: mayMatch })) {
        signal?.throwIfAborted();
        for (const { line } of lines) {
          if (line.kind === "legacy") return findLastLegacy(readEntries(file, {}), matches);
          if (line.kind === "entry" && "role" in line.entry && matches(line.entry)) return line.entry;
        }
      }
      return undefined;
    });
  }

  async #read<T>(
    sessionId: string,
    use: (file: OpenTranscript, location: SessionLocation) => Promise<T>,
  ): Promise<T | undefined> {
    const opened = await this.#openSession(sessionId);
    return opened && this.#using(opened.file, opened.location, () => use(opened.file, opened.location));
  }

  /** Opens a session's transcript. Locates it again if it was moved before it was open. */
  async #openSession(
    sessionId: string,
  ): Promise<{ file: OpenTranscript; location: SessionLocation } | undefined> {
    for (let lookup = 0; lookup <= MAX_LOOKUPS; lookup += 1) {
      // Mostly it is in the folder, and to open it there costs less than to look for it.
      const location = lookup === 0 ? sessionPaths(this.#folder, sessionId) : await this.locate(sessionId);
      const file = location && this.#open(location);
      if (file) return { file, location };
      if (!location) return undefined;
    }
    return undefined;
  }

  /** Opens a transcript. Returns `undefined` if it was moved meanwhile. */
  #open({ transcript }: SessionLocation): OpenTranscript | undefined {
    try {
      const file = openRegular(this.#fs, transcript, openFlags.read);
      const index: LineFinder = {
        nearBytes: this.#indexes.nearBytes(transcript),
        endBefore: (seq) => this.#indexes.endBefore(transcript, file, seq),
        startAfter: (seq) => this.#indexes.startAfter(transcript, file, seq),
      };
      return { ...file, index };
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw toReadError(error, transcript);
    }
  }

  async #using<T>(file: OpenTranscript, location: SessionLocation, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw toReadError(error, location.transcript);
    } finally {
      this.#fs.close(file.fd);
    }
  }

  async #summarize(
    sessionId: string,
    file: OpenTranscript,
    location: SessionLocation,
  ): Promise<Summary | undefined> {
    if (file.size === 0) return undefined;
    const { summary } = await summarize(file, readCheckpoint(sessionId, location, file));
    await assertOwnFile(file, summary, location.transcript);
    return summary;
  }

  /** Lists the archive. If it cannot be read, only its own sessions are missing. */
  async #listArchive() {
    try {
      return await this.archive.list();
    } catch {
      return [];
    }
  }

  async #findArchived(sessionId: string) {
    try {
      return await this.archive.find(sessionId);
    } catch (error) {
      throw toReadError(error, this.archive.path);
    }
  }
}

/** Searches a file of the legacy format. Its lines are counted from the start. */
async function findLastLegacy(
  entries: AsyncIterable<Entry>,
  matches: (message: MessageEntry) => boolean,
): Promise<MessageEntry | undefined> {
  let last: MessageEntry | undefined;
  for await (const entry of entries) if ("role" in entry && matches(entry)) last = entry;
  return last;
}
