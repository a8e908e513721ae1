import {
  addUsage,
  type Entry,
  noUsage,
  type SessionHeader,
  type SessionMeta,
  titleOf,
} from "@mini-openclaw/protocol";
import { copyJson } from "../model/json.ts";
import { channelOf } from "../model/names.ts";
import { type TranscriptLine, upgradeLegacyLine } from "./transcript-line.ts";

/** The summary of the lines of a transcript. */
export interface Summary {
  readonly meta: SessionMeta;
  /** True if the lines from here on have their own numbers. */
  readonly numbered: boolean;
  /** True after a rename. Until then the first user message is the title. */
  readonly renamed: boolean;
}

// A damaged number may be wrong by a digit. A greater jump is not believed.
const MAX_DAMAGED_JUMP = 1_000_000;

/** The key of a file that has neither a header nor a `.meta.json` with a key. */
const UNKNOWN_KEY = "unknown";

/** Returns the summary before the first line, with the facts that are known from elsewhere. */
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

/** Returns a deep copy of a meta. Names its few objects, because lists copy many metas. */
export function copyMeta(meta: SessionMeta): SessionMeta {
  const copy = { ...meta };
  const { usage, forkedFrom, parent, todo } = copy;
  if (usage) copy.usage = { ...usage };
  if (forkedFrom) copy.forkedFrom = { ...forkedFrom };
  if (parent) copy.parent = { ...parent };
  if (todo) copy.todo = copyJson(todo);
  return copy;
}

/** Pure: returns the summary after one more line. */
export function nextSummary(summary: Summary, line: TranscriptLine): Summary {
  const lastSeq = nextNumber(summary.meta.lastSeq, line);
  switch (line.kind) {
    case "blank":
      return summary;
    case "header":
      return withHeader(summary, line.header);
    case "entry":
      return withEntry(summary, line.entry);
    case "legacy":
      return {
        ...withEntry(summary, upgradeLegacyLine(line.message, lastSeq)),
        numbered: summary.numbered,
      };
    case "unknown":
      return { ...withLastSeq(summary, lastSeq), numbered: true };
    case "damaged":
      return withLastSeq(summary, lastSeq);
  }
}

/** Returns the summary with a newest number that a live event has. */
export function withLastSeq(summary: Summary, lastSeq: number): Summary {
  return { ...summary, meta: { ...summary.meta, lastSeq } };
}

function withHeader(summary: Summary, header: SessionHeader): Summary {
  const { meta } = summary;
  const { key, createdAt, owner, forkedFrom, parent, epoch = meta.epoch } = header;
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
      ...(parent !== undefined && { parent }),
    },
  };
}

function withEntry(summary: Summary, entry: Entry): Summary {
  return withEntries(summary, [entry]);
}

/** Pure: returns the summary after some entries, with one copy for all of them. */
export function withEntries(summary: Summary, entries: readonly (Entry | undefined)[]): Summary {
  if (!entries.some(Boolean)) return summary;
  const meta = { ...summary.meta };
  let { renamed } = summary;
  for (const entry of entries) {
    if (!entry) continue;
    meta.updatedAt = entry.timestamp;
    meta.lastSeq = Math.max(meta.lastSeq, entry.seq);
    if ("role" in entry) {
      if (entry.role === "user" && meta.title === "" && !renamed) meta.title = titleOf(entry.content);
      if (entry.role === "user" || entry.role === "assistant") meta.messageCount += 1;
      if (meta.createdAt === 0) meta.createdAt = entry.timestamp;
    } else if (entry.type === "session_updated") {
      if (entry.archived !== undefined) meta.archived = entry.archived;
      if (entry.title !== undefined) meta.title = entry.title;
      renamed ||= entry.title !== undefined;
    } else if (entry.type === "todo_updated") {
      delete meta.todo;
      if (entry.items.length > 0) meta.todo = copyJson(entry.items);
    } else {
      meta.usage = addUsage(meta.usage ?? noUsage, entry.usage);
      if (entry.costUsd !== undefined) meta.costUsd = (meta.costUsd ?? 0) + entry.costUsd;
    }
  }
  return { meta, numbered: true, renamed };
}

/**
 * Pure: returns the newest number after one more line. A line without a number has the next one.
 */
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
    case "legacy":
      return lastSeq + 1;
    case "damaged": {
      const { seq = 0 } = line;
      return seq > lastSeq && seq - lastSeq <= MAX_DAMAGED_JUMP ? seq : lastSeq + 1;
    }
  }
}
