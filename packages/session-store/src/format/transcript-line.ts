import type { Entry, Message, MessageEntry, SessionHeader } from "@mini-openclaw/protocol";
import { checkLine, checkMessage } from "@mini-openclaw/protocol/schema";
import { StoreError } from "../model/errors.ts";
import { isTooDeep, toJson } from "../model/json.ts";

/** The marks of a line beside its entry. They stay in the file. Readers get the entry alone. */
export interface LineMarks {
  /**
   * The number of lines of the same group after this one. A group that lacks some was never
   * appended.
   */
  readonly groupRest?: number;
  /** The key under which the entry was appended. */
  readonly idempotencyKey?: string;
  /** True if readers get the entry without blocks of types that this version does not know. */
  readonly hasUnknownBlocks?: boolean;
}

/** One line of a transcript. */
export type TranscriptLine =
  | { readonly kind: "header"; readonly header: SessionHeader }
  | { readonly kind: "entry"; readonly entry: Entry; readonly marks: LineMarks }
  /** A message without number and id, in the legacy format. */
  | { readonly kind: "legacy"; readonly message: Message }
  /** A line of a type that this version does not know. It stays as it is. */
  | { readonly kind: "unknown"; readonly seq: number }
  | { readonly kind: "blank" }
  | { readonly kind: "damaged"; readonly problem: string; readonly seq?: number };

// The NULs that a power failure leaves, and white space, which includes a byte order mark.
const NO_PADDING = /[^\0\s]/;
// 64 Mi: far above any answer, far below the longest string of V8 (512 Mi).
const MAX_LINE_CHARS = 67_108_864;
// A value that is nested too deeply has more brackets.
const MIN_DEEP_CHARS = 2_000;
// A character of UTF-16 takes at most three bytes of UTF-8.
const MAX_LINE_BYTES = 3 * MAX_LINE_CHARS;
/** The greatest number: far beyond any session, and far below the numbers that JSON lacks. */
export const MAX_SEQ = 2 ** 52;
const NUMBER_OF_DAMAGED = /"seq":([1-9]\d{0,14})\b/;

/** Parses one line. Never throws: a line that cannot be read is `damaged`. */
export function parseTranscriptLine(bytes: Buffer): TranscriptLine {
  if (bytes.length > MAX_LINE_BYTES) return parseHugeLine(bytes);
  const mark = findGroupRest(bytes);
  // Keeps a byte order mark. Cheaper than a `TextDecoder` for short texts.
  const line = parseTranscriptText(mark ? withoutGroupRest(bytes, mark) : bytes.toString());
  if (!mark || line.kind !== "entry") return line;
  const { count: groupRest } = mark;
  return { ...line, marks: line.marks === noMarks ? { groupRest } : { ...line.marks, groupRest } };
}

/** Parses the text of one line, see {@link parseTranscriptLine}. */
export function parseTranscriptText(padded: string): TranscriptLine {
  const text = trimPadding(padded);
  if (text === "") return { kind: "blank" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged("not JSON", text);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return damaged("not a JSON object", text);
  }
  if (text.length > MIN_DEEP_CHARS && isTooDeep(value)) return damaged("nested too deeply", text);
  const line = checkLine(value);
  if (!line.ok) return toOtherLine(value as Record<string, unknown>, line.message, text);
  if (line.value.kind === "header") return { kind: "header", header: withoutHugeSeq(line.value.header) };
  if (line.value.entry.seq > MAX_SEQ) return { kind: "damaged", problem: "has a number beyond all others" };
  return { kind: "entry", ...splitMarks(line.value.entry) };
}

interface GroupRest {
  /** The index of its comma. */
  readonly start: number;
  readonly count: number;
}

/** Finds the mark of a group where it is the last field, as in written lines. */
function findGroupRest(bytes: Buffer): GroupRest | undefined {
  if (bytes[bytes.length - 1] !== CLOSING_BRACE) return undefined;
  let count = 0;
  let unit = 1;
  let at = bytes.length - 2;
  for (let digit = digitAt(bytes, at); digit !== undefined; digit = digitAt(bytes, at)) {
    count += digit * unit;
    unit *= 10;
    at -= 1;
  }
  const start = at + 1 - GROUP_REST.length;
  // No number of JSON begins with a zero.
  if (start < 0 || unit > MAX_GROUP_REST || count * 10 < unit) return undefined;
  for (let index = 0; index < GROUP_REST.length; index += 1) {
    if (bytes[start + index] !== GROUP_REST[index]) return undefined;
  }
  return { start, count };
}

function digitAt(bytes: Buffer, index: number): number | undefined {
  const digit = (bytes[index] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : undefined;
}

/**
 * Returns the text of a line without the mark. To cut it from the bytes costs a fraction of copying
 * the text or the entry without it.
 */
function withoutGroupRest(bytes: Buffer, { start }: GroupRest): string {
  bytes[start] = CLOSING_BRACE;
  const text = bytes.toString("utf8", 0, start + 1);
  bytes[start] = COMMA;
  return text;
}

const GROUP_REST = Buffer.from(',"groupRest":');
// Nine digits: more lines than a group can have.
const MAX_GROUP_REST = 1_000_000_000;
const CLOSING_BRACE = 0x7d;
const COMMA = 0x2c;
const ZERO = 0x30;

/**
 * Removes padding from both ends, in linear time. A regular expression that ends in `+$` is tried
 * anew at every blank, so that a run of blanks in the middle costs its length squared.
 */
function trimPadding(text: string): string {
  if (text.startsWith("{") && text.endsWith("}")) return text;
  const start = text.search(NO_PADDING);
  if (start === -1) return "";
  let end = text.length;
  while (!NO_PADDING.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/**
 * Reads a line that is longer than any that is written. V8 cannot hold the longest in one string.
 */
function parseHugeLine(bytes: Buffer): TranscriptLine {
  if (bytes.every((byte) => byte === 0)) return { kind: "blank" };
  return damaged("longer than any line", bytes.toString("utf8", 0, 800));
}

/** Returns a line with its line feed. @throws StoreError `INVALID_MESSAGE` */
export function formatLine(value: SessionHeader | (Entry & LineMarks)): string {
  return `${lineText(value)}\n`;
}

/** Returns a line without its line feed. @throws StoreError `INVALID_MESSAGE` */
export function lineText(value: SessionHeader | (Entry & LineMarks)): string {
  const json = toJson(value);
  if (json.length <= MAX_LINE_CHARS) return json;
  throw new StoreError(
    "INVALID_MESSAGE",
    `The message must have at most ${MAX_LINE_CHARS} characters as JSON, got ${json.length}.`,
  );
}

/** Returns the entry of a message in the legacy format. */
export function upgradeLegacyLine(message: Message, seq: number): MessageEntry {
  return { seq, id: `line-${seq}`, ...message };
}

/** Returns a header without a number beyond all others. The header has the session's key. */
function withoutHugeSeq(header: SessionHeader): SessionHeader {
  if ((header.lastSeq ?? 0) <= MAX_SEQ) return header;
  const { lastSeq: _, ...rest } = header;
  return rest;
}

/** Returns true for a number that an entry of this or of a newer version can have. */
function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) <= MAX_SEQ;
}

function toOtherLine(value: Record<string, unknown>, problem: string, text: string): TranscriptLine {
  const { seq, type, id, role } = value;
  const known = withoutUnknownBlocks(value);
  if (known) return known;
  if (isSeq(seq) && isUnknown(type, role)) return { kind: "unknown", seq };
  if (seq === undefined && id === undefined && type === undefined) {
    const message = checkMessage(value);
    if (message.ok) return { kind: "legacy", message: message.value };
  }
  return damaged(problem, text);
}

/** Returns the entry of a message with blocks of a newer version, without those blocks. */
function withoutUnknownBlocks(value: Record<string, unknown>): TranscriptLine | undefined {
  const { blocks, ...rest } = value;
  if (!Array.isArray(blocks)) return undefined;
  const isKnown = (block: { type?: unknown } | null) => blockTypes.includes(String(block?.type));
  const known = (blocks as ({ type?: unknown } | null)[]).filter(isKnown);
  if (known.length === blocks.length) return undefined;
  const line = checkLine(known.length > 0 ? { ...rest, blocks: known } : rest);
  if (!line.ok || line.value.kind !== "entry") return undefined;
  const { entry, marks } = splitMarks(line.value.entry);
  return { kind: "entry", entry, marks: { ...marks, hasUnknownBlocks: true } };
}

const blockTypes = ["text", "thinking", "redacted_thinking", "image", "document", "tool_call"];

/** Returns true for an entry of a newer version. */
function isUnknown(type: unknown, role: unknown): boolean {
  return type === undefined ? isUnknownRole(role) : type !== "session" && !isKnownType(type);
}

function isUnknownRole(role: unknown): boolean {
  return typeof role === "string" && !["user", "assistant", "tool", "system"].includes(role);
}

function isKnownType(type: unknown): boolean {
  return type === "run_end" || type === "session_updated" || type === "todo_updated";
}

function damaged(problem: string, text: string): TranscriptLine {
  const found = NUMBER_OF_DAMAGED.exec(text.slice(0, 200))?.[1];
  return found === undefined
    ? { kind: "damaged", problem }
    : { kind: "damaged", problem, seq: Number(found) };
}

function splitMarks(line: Entry & LineMarks): { entry: Entry; marks: LineMarks } {
  if (!("groupRest" in line || "idempotencyKey" in line)) return { entry: line, marks: noMarks };
  const { groupRest, idempotencyKey, ...entry } = line;
  return {
    entry: entry as Entry,
    marks: {
      ...(typeof groupRest === "number" && { groupRest }),
      ...(typeof idempotencyKey === "string" && { idempotencyKey }),
    },
  };
}

const noMarks: LineMarks = {};
