import type { RetryRequest, RunFailure } from "./events.ts";
import type {
  AssistantMessage,
  Message,
  RunOutcome,
  SystemMessage,
  ToolMessage,
  Usage,
  UserMessage,
} from "./messages.ts";

/**
 * The transcript of a session: one JSON object a line, the first a {@link SessionHeader}, each
 * other an {@link Entry}. Lines are only ever appended. Order is `seq`, never the clock.
 */

/** The version of the transcript format that this package describes. */
export const TRANSCRIPT_VERSION = 1;

/**
 * First line of a transcript. In files of the tutorial's code it is missing, or stands further
 * down.
 */
export interface SessionHeader {
  type: "session";
  /** Format version. A reader that does not know it reads nothing and writes nothing. */
  v: number;
  sessionId: string;
  /** The routing name of the session, such as `webchat` or `telegram:42`. */
  key: string;
  createdAt: number;
  /** Id of the principal whose session it is; absent for anonymous ones. */
  owner?: string;
  /** Where a fork began: the other session and the last entry taken over from it. */
  forkedFrom?: { sessionId: string; seq: number };
  /**
   * Which life of the session's numbers it is; `"0"` when absent. A later header line replaces an
   * earlier one.
   */
  epoch?: string;
  /**
   * The number of the line above this one, where the lines above carry none (files of the
   * tutorial's code).
   */
  lastSeq?: number;
}

interface EntryFields {
  /** Place in the session: strictly ascends, with gaps, and is never given twice. */
  seq: number;
  /** UUID v7; unique in the session. For an assistant entry, the `messageId` of its chunks. */
  id: string;
  /** The run that it belongs to; absent where an entry was appended outside a run. */
  runId?: string;
}

export type UserEntry = UserMessage & EntryFields;
export type AssistantEntry = AssistantMessage & EntryFields;
export type ToolEntry = ToolMessage & EntryFields;
export type SystemEntry = SystemMessage & EntryFields;

/** A message with its place in the transcript. */
export type MessageEntry = Message & EntryFields;

/** The one line that ends a run. */
export interface RunEndEntry {
  type: "run_end";
  seq: number;
  runId: string;
  outcome: RunOutcome;
  usage: Usage;
  costUsd?: number;
  timestamp: number;
  retryOf?: string;
  retryRequest?: RetryRequest;
  error?: RunFailure;
}

/** A new title or archive mark of the session; the latest of each counts. */
export interface SessionUpdatedEntry {
  type: "session_updated";
  seq: number;
  title?: string;
  archived?: boolean;
  timestamp: number;
}

/** One line of a transcript after the header. */
export type Entry = MessageEntry | RunEndEntry | SessionUpdatedEntry;

/**
 * What a list of sessions says of one of them. The book's fields are `sessionId`, `channel` and the
 * last three.
 */
export interface SessionMeta {
  sessionId: string;
  key: string;
  /** The part of `key` before its first colon: `telegram` of `telegram:42`. */
  channel: string;
  /**
   * The first 60 characters of the first user message, until the session is renamed; empty before.
   */
  title: string;
  owner?: string;
  archived?: boolean;
  forkedFrom?: { sessionId: string; seq: number };
  createdAt: number;
  updatedAt: number;
  /** User and assistant messages. */
  messageCount: number;
  /** The newest number given; 0 in a new session. */
  lastSeq: number;
  /** Changes only when numbers that were shown may be given again. */
  epoch: string;
  /** Of all its runs that have ended; absent before the first. */
  usage?: Usage;
  /** In US dollars, of those of its runs whose price is known; absent while there is none. */
  costUsd?: number;
}

/** Tells messages from the transcript's other entries. */
export function isMessageEntry(entry: Entry): entry is MessageEntry {
  return "role" in entry;
}

/** Returns the header line of a session's transcript. */
export function toHeader(meta: Omit<SessionHeader, "type" | "v" | "lastSeq">): SessionHeader {
  const { sessionId, key, createdAt, owner, forkedFrom, epoch = "0" } = meta;
  return {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId,
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
    ...(epoch !== "0" && { epoch }),
  };
}

// Fits into one line of a list.
const MAX_TITLE_CHARS = 60;

/**
 * Returns the title of a session whose first user message has this content: its first 60
 * characters, on one line.
 */
export function titleOf(content: string): string {
  // A character can have many UTF-16 units, such as a family of emoji.
  const line = content
    .slice(0, 16 * MAX_TITLE_CHARS)
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.slice(0, MAX_TITLE_CHARS).join("").trim();
}
