import type { RetryRequest, RunFailure } from "./events.ts";
import type {
  AssistantMessage,
  Message,
  RunOutcome,
  SystemMessage,
  TodoItem,
  ToolMessage,
  Usage,
  UserMessage,
} from "./messages.ts";

/**
 * The transcript of a session: one JSON object per line. The first line is a {@link SessionHeader},
 * all others are {@link Entry} lines. Lines are only ever appended. Their order is `seq`, not time.
 */

/** The version of the transcript format that this package describes. */
export const TRANSCRIPT_VERSION = 1;

/** The first line of a transcript. In legacy files it is missing or further down. */
export interface SessionHeader {
  type: "session";
  /** The version of the format. A reader that does not know the version must not read or write. */
  v: number;
  sessionId: string;
  /** The routing name of the session, such as `webchat` or `telegram:42`. */
  key: string;
  createdAt: number;
  /** The id of the principal who owns the session. Absent for an anonymous session. */
  owner?: string;
  /** The origin of a fork: the other session, and the last entry that the fork copied. */
  forkedFrom?: { sessionId: string; seq: number };
  /** The tool call that started this session. Absent unless it is the session of a sub-agent. */
  parent?: ParentCall;
  /**
   * Changes whenever sequence numbers may have been reused, so that clients start over. `"0"` if
   * absent. A later header line replaces an earlier one.
   */
  epoch?: string;
  /** The number of the line above this one, where lines have no numbers (legacy files). */
  lastSeq?: number;
}

/** The tool call that started a sub-agent. */
export interface ParentCall {
  sessionId: string;
  callId: string;
}

interface EntryFields {
  /** The number of the entry. Numbers ascend strictly, have gaps, and are never used twice. */
  seq: number;
  /**
   * A UUID v7 that is unique in the session. For an assistant entry, its chunks have it as
   * `messageId`.
   */
  id: string;
  /** The entry's run. Absent where the entry was appended outside of a run. */
  runId?: string;
}

export type UserEntry = UserMessage & EntryFields;
export type AssistantEntry = AssistantMessage & EntryFields;
export type ToolEntry = ToolMessage & EntryFields;
export type SystemEntry = SystemMessage & EntryFields;

/** A message with its number in the transcript. */
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

/** A new list of steps; the latest one counts. */
export interface TodoUpdatedEntry {
  type: "todo_updated";
  seq: number;
  runId: string;
  items: TodoItem[];
  timestamp: number;
}

/** One line of a transcript after the header. */
export type Entry = MessageEntry | RunEndEntry | SessionUpdatedEntry | TodoUpdatedEntry;

/**
 * The description of a session in a list. The tutorial's fields are `sessionId`, `channel` and the
 * last three.
 */
export interface SessionMeta {
  sessionId: string;
  key: string;
  /** The part of `key` before its first colon: `telegram` of `telegram:42`. */
  channel: string;
  /**
   * The first 60 characters of the first user message, until the session is renamed. Empty before.
   */
  title: string;
  owner?: string;
  archived?: boolean;
  forkedFrom?: { sessionId: string; seq: number };
  /** The tool call that started the session, if it is the session of a sub-agent. */
  parent?: ParentCall;
  createdAt: number;
  updatedAt: number;
  /** The number of user and assistant messages. */
  messageCount: number;
  /** The newest number. 0 in a new session. */
  lastSeq: number;
  /** Changes whenever sequence numbers may have been reused, so that clients start over. */
  epoch: string;
  /** The usage of all runs that have ended. Absent before the first one. */
  usage?: Usage;
  /** The cost in US dollars of the runs with a known price. Absent while there is none. */
  costUsd?: number;
  /** The agent's list of steps. Absent while there is none. */
  todo?: TodoItem[];
}

/** Returns true for a message, and false for the transcript's other entries. */
export function isMessageEntry(entry: Entry): entry is MessageEntry {
  return "role" in entry;
}

/** Returns the header line of a session's transcript. */
export function toHeader(meta: Omit<SessionHeader, "type" | "v" | "lastSeq">): SessionHeader {
  const { sessionId, key, createdAt, owner, forkedFrom, parent, epoch = "0" } = meta;
  return {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId,
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
    ...(parent !== undefined && { parent }),
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
  // A unit is at least a part of a character, and each unit of ASCII is one.
  if (line.length <= MAX_TITLE_CHARS) return line;
  if (ASCII_START.test(line)) return line.slice(0, MAX_TITLE_CHARS).trim();
  let title = "";
  let count = 0;
  for (const { segment } of characters().segment(line)) {
    title += segment;
    count += 1;
    if (count === MAX_TITLE_CHARS) break;
  }
  return title.trim();
}

// One more than a title has: a mark may belong to the character before it.
const ASCII_START = /^[ -~]{61}/;
let segmenter: Intl.Segmenter | undefined;

/** Creates the segmenter once: that costs more than the title of a session. */
function characters(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter();
  return segmenter;
}
