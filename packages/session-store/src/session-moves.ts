import type { SessionMeta } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";
import type { Located } from "./session-paths.ts";
import { sessionPaths } from "./session-paths.ts";
import { discard, findShelved, listShelf, type Shelf, shelve, unshelve } from "./session-shelf.ts";
import type { SessionWriter } from "./session-writer.ts";
import { notFound, type StoreParts, writeSession } from "./store-parts.ts";

// 7 days: long enough to notice a mistake.
const KEEP_DELETED_MS = 7 * 24 * 60 * 60 * 1000;

/** Marks a session as archived, then moves it. The mark is the truth: a crash in between loses nothing. */
export async function archiveSession(parts: StoreParts, sessionId: string): Promise<SessionMeta> {
  const meta = await writeSession(parts, sessionId, async (writer) => {
    assertAtRest(writer);
    await writer.record([{ type: "session_updated", archived: true, timestamp: Date.now() }]);
    return writer.meta;
  });
  await moveAway(parts, sessionId, "archive");
  return meta;
}

export async function unarchiveSession(parts: StoreParts, sessionId: string): Promise<SessionMeta> {
  const { fs, path } = parts.folder;
  const shelved = await findShelved(fs, path, "archive", sessionId);
  if (shelved) unshelve(fs, shelved, sessionPaths(path, sessionId));
  return parts.writers.use(sessionId, async (writer) => {
    if (!writer.meta.archived) return writer.meta;
    await writer.record([{ type: "session_updated", archived: false, timestamp: Date.now() }]);
    return writer.meta;
  });
}

/** Moves a session to `deleted/`, and removes for good what has been there for 7 days. */
export async function deleteSession(
  parts: StoreParts,
  sessionId: string,
  located: Located | undefined,
): Promise<void> {
  const { fs, path: folder } = parts.folder;
  if (located && located.transcript !== sessionPaths(folder, sessionId).transcript) {
    shelve(fs, located, { folder, shelf: "deleted", sessionId });
  } else {
    await parts.writers.use(sessionId, assertAtRest);
    await moveAway(parts, sessionId, located ? "deleted" : undefined);
  }
  parts.created.delete(sessionId);
  parts.catalogue.delete(sessionId);
  for (const old of await listShelf(fs, folder, "deleted")) {
    if (old.at < Date.now() - KEEP_DELETED_MS) discard(fs, old);
  }
}

/** What is known of a session in `deleted/`. */
export async function deletedSession(
  { folder, files }: StoreParts,
  sessionId: string,
): Promise<SessionMeta | undefined> {
  const shelved = await findShelved(folder.fs, folder.path, "deleted", sessionId);
  return shelved && (await files.summary(sessionId, shelved))?.meta;
}

export async function undeleteSession(parts: StoreParts, sessionId: string): Promise<SessionMeta> {
  const { fs, path } = parts.folder;
  const shelved = await findShelved(fs, path, "deleted", sessionId);
  if (!shelved) throw notFound(sessionId);
  unshelve(fs, shelved, sessionPaths(path, sessionId));
  const meta = await parts.files.meta(sessionId);
  if (!meta) throw notFound(sessionId);
  parts.catalogue.put(meta);
  return meta;
}

/** Ends the session's writer; its files are moved before anybody else can become one. */
async function moveAway({ folder, writers }: StoreParts, sessionId: string, shelf?: Shelf): Promise<void> {
  const { fs, path, durability } = folder;
  const writer = await writers.peek(sessionId);
  if (!writer) throw new StoreError("SESSION_BUSY", `session ${sessionId}: somebody else is moving it`);
  assertAtRest(writer);
  await writers.close(sessionId, writer, () => {
    if (shelf) shelve(fs, sessionPaths(path, sessionId), { folder: path, shelf, sessionId });
  });
  if (durability === "disk") await fs.syncDirectory(path);
}

function assertAtRest(writer: SessionWriter): void {
  if (!writer.isBusy) return;
  throw new StoreError("SESSION_BUSY", `session ${writer.sessionId}: something runs or waits in it`);
}
