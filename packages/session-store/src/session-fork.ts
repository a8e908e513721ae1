import type { Entry, ForkSessionOptions, SessionMeta } from "@mini-openclaw/protocol";
import { AppendFile } from "./append-file.ts";
import { forkedEntries } from "./forked-entries.ts";
import { assertKey } from "./names.ts";
import { createSummary } from "./new-session.ts";
import { toHeader } from "./session-lines.ts";
import type { Folder } from "./session-opening.ts";
import { type Located, sessionPaths } from "./session-paths.ts";
import { notFound, type StoreParts } from "./store-parts.ts";
import { nextSummary, type Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";

// 64 KiB: few writes, little memory.
const CHUNK_CHARS = 65_536;

/** Makes a session that begins with another one's entries. */
export async function forkSession(
  { folder, files, catalogue }: StoreParts,
  sessionId: string,
  { located, options }: { located: Located; options: ForkSessionOptions },
): Promise<SessionMeta> {
  const other = await files.summary(sessionId, located);
  if (!other) throw notFound(sessionId);
  const { at = other.meta.lastSeq, key = other.meta.key, owner = other.meta.owner } = options;
  assertKey(key);
  const forkedFrom = { sessionId, seq: at };
  const created = createSummary(key, { forkedFrom, ...(owner !== undefined && { owner }) });
  const entries = forkedEntries(files.entries(located, { after: 0 }), { sessionId, at });
  const { meta } = await writeTranscript(folder, created, entries);
  catalogue.put(meta);
  return meta;
}

/** Writes a whole new transcript; nobody sees it before it is complete. Gives what it adds up to. */
async function writeTranscript(
  { fs, path, durability }: Folder,
  created: Summary,
  entries: AsyncIterable<Entry>,
): Promise<Summary> {
  fs.makeDirectory(path);
  const { transcript } = sessionPaths(path, created.meta.sessionId);
  const file = new AppendFile(fs, `${transcript}.tmp`, { create: true });
  try {
    const header = toHeader(created);
    let summary = nextSummary(created, { kind: "header", header });
    let lines = formatLine(header);
    for await (const entry of entries) {
      lines += formatLine(entry);
      summary = nextSummary(summary, { kind: "entry", entry, marks: {} });
      if (lines.length < CHUNK_CHARS) continue;
      file.append(lines);
      lines = "";
    }
    file.append(lines);
    if (durability === "disk") await file.sync();
    fs.rename(file.path, transcript);
    if (durability === "disk") await fs.syncDirectory(path);
    return summary;
  } catch (error) {
    fs.unlink(file.path);
    throw error;
  } finally {
    file.close();
  }
}
