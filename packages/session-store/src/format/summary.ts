import { addUsage, type Entry, noUsage, type SessionHeader, type SessionMeta } from "@mini-openclaw/protocol";
import { channelOf } from "../model/names.ts";
import { numberBare, type TranscriptLine } from "./transcript-line.ts";

/** What reading a transcript line by line adds up to. */
export interface Summary {
  readonly meta: SessionMeta;
  /** Whether lines from here on carry their own numbers. */
  readonly numbered: boolean;
  /** Whether a title was given; until then the first user message names the session. */
  readonly renamed: boolean;
}

// Chosen: what fits into one line of a list.
const TITLE_CHARS = 60;
// A damaged number may be off by a digit; one that jumps further is not believed.
const MAX_DAMAGED_JUMP = 1_000_000;

/** Of a file whose key is not known, because neither a header nor a `.meta.json` says it. */
const UNKNOWN_KEY = "unknown";

/** Before the first line, with what is known from elsewhere. */
export function beginSummary(
  sessionId: string,
  { key = UNKNOWN_KEY, createdAt = 0, updatedAt = createdAt }: Partial<SessionMeta> = {},
): Summary {
  return {
    meta: {
      sessionId,
      key,
      channel: channelOf(key),
      title: "",
      createdAt,
      updatedAt,
      messageCount: 0,
      lastSeq: 0,
      epoch: "0",
    },
    numbered: false,
    renamed: false,
  };
}

/** Pure: the summary after one more line. */
export function nextSummary(summary: Summary, line: TranscriptLine): Summary {
  const lastSeq = nextNumber(summary.meta.lastSeq, line);
  switch (line.kind) {
    case "blank":
      return summary;
    case "header":
      return withHeader(summary, line.header);
    case "entry":
      return withEntry(summary, line.entry);
    case "bare":
      return {
        ...withEntry(summary, numberBare(line.message, lastSeq)),
        numbered: summary.numbered,
      };
    case "unknown":
      return { ...withLastSeq(summary, lastSeq), numbered: true };
    case "damaged":
      return withLastSeq(summary, lastSeq);
  }
}

/** The first characters of a message, on one line, never half a character. */
function titleOf(content: string): string {
  // Room for characters of many units, such as a family of emoji.
  const line = content
    .slice(0, 16 * TITLE_CHARS)
    .replace(/\s+/g, " ")
    .trim();
  const characters = new Intl.Segmenter().segment(line);
  return Array.from(characters, ({ segment }) => segment)
    .slice(0, TITLE_CHARS)
    .join("")
    .trim();
}

/** The summary, where live events have taken more numbers than the lines say. */
export function withLastSeq(summary: Summary, lastSeq: number): Summary {
  return { ...summary, meta: { ...summary.meta, lastSeq } };
}

function withHeader(summary: Summary, header: SessionHeader): Summary {
  const { meta } = summary;
  const { key, createdAt, owner, forkedFrom, epoch = meta.epoch } = header;
  return {
    ...summary,
    numbered: true,
    meta: {
      ...meta,
      key,
      channel: channelOf(key),
      createdAt,
      updatedAt: meta.lastSeq === 0 ? createdAt : meta.updatedAt,
      lastSeq: Math.max(meta.lastSeq, header.lastSeq ?? 0),
      epoch,
      ...(owner !== undefined && { owner }),
      ...(forkedFrom !== undefined && { forkedFrom }),
    },
  };
}

function withEntry(summary: Summary, entry: Entry): Summary {
  const meta = { ...summary.meta, updatedAt: entry.timestamp };
  meta.lastSeq = Math.max(meta.lastSeq, entry.seq);
  let { renamed } = summary;
  if (!("role" in entry)) {
    if (entry.type === "session_updated") {
      if (entry.archived !== undefined) meta.archived = entry.archived;
      if (entry.title !== undefined) meta.title = entry.title;
      renamed ||= entry.title !== undefined;
    } else {
      meta.usage = addUsage(meta.usage ?? noUsage, entry.usage);
      if (entry.costUsd !== undefined) meta.costUsd = (meta.costUsd ?? 0) + entry.costUsd;
    }
  } else {
    if (entry.role === "user" && meta.title === "" && !renamed) meta.title = titleOf(entry.content);
    if (entry.role === "user" || entry.role === "assistant") meta.messageCount += 1;
    if (meta.createdAt === 0) meta.createdAt = entry.timestamp;
  }
  return { meta, numbered: true, renamed };
}

/** Pure: the newest number after one more line. A line without one has the next. */
export function nextNumber(lastSeq: number, line: TranscriptLine): number {
  switch (line.kind) {
    case "blank":
      return lastSeq;
    case "header":
      return Math.max(lastSeq, line.header.lastSeq ?? 0);
    case "entry":
      return Math.max(lastSeq, line.entry.seq);
    case "unknown":
      return Math.max(lastSeq, line.seq);
    case "bare":
      return lastSeq + 1;
    case "damaged": {
      const { seq = 0 } = line;
      return seq > lastSeq && seq - lastSeq <= MAX_DAMAGED_JUMP ? seq : lastSeq + 1;
    }
  }
}
