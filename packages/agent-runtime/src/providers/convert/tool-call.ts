import { createHash } from "node:crypto";
import type { ModelToolCall } from "@mini-openclaw/protocol";
import { wholeHead } from "../../shared/cut-text.ts";
import { MAX_ARGUMENT_CHARS } from "../http/answer-limit.ts";
import type { ShownInput } from "../http/ask-model.ts";
import { isRecord, isTooDeep, type JsonRecord, parseJson, toText } from "./json.ts";

/** Characters of an input that is not JSON which are kept for the model. */
const INVALID_INPUT_CHARS = 200;

/** A longer name is that of no tool. Servers accept 64 to 128 characters. */
const MAX_NAME_CHARS = 200;

/** A longer id is replaced. The protocol's limit for a `callId` is 256 characters. */
const MAX_ID_CHARS = 128;

/**
 * The parts of a tool call as a server streamed them. They may be of any type.
 */
export interface StreamedCall {
  id: unknown;
  name: unknown;
  /** The pieces of its arguments, joined. */
  json: string;
  /** The newest piece alone: some servers send all arguments again. */
  lastPiece?: string;
  /** The arguments that were sent as an object. */
  given?: unknown;
  extra?: JsonRecord;
}

/** A tool call while its server streams it. */
export interface OpenCall extends StreamedCall {
  /** The index of the call in its turn. */
  readonly index: number;
  /** The characters of `json` that were shown. */
  shownChars: number;
}

/**
 * Returns the piece of a call's arguments that was not shown yet, once the name of the tool is
 * known.
 */
export function newInput(call: OpenCall): ShownInput | undefined {
  const { index, id, json, shownChars } = call;
  const toolName = toName(call.name);
  if (toolName === "" || json.length === shownChars) return undefined;
  call.shownChars = json.length;
  return { type: "tool_input", index, callId: toId(id), toolName, text: json.slice(shownChars) };
}

/** Returns a tool call. An id that is no text becomes an empty one, which the run loop replaces. */
export function toToolCall({ id, name, json, lastPiece, given, extra }: StreamedCall): ModelToolCall {
  const call = {
    callId: toId(id),
    toolName: toName(name),
    ...(extra && { extra }),
  };
  if (json.length > MAX_ARGUMENT_CHARS) return { ...call, input: {}, invalidInput: head(json) };
  const input = json.trim() === "" ? toInput(given) : (toInput(json) ?? toWholeInput(lastPiece));
  return input
    ? { ...call, input }
    : { ...call, input: {}, invalidInput: head(json || JSON.stringify(given) || "") };
}

function toId(id: unknown): string {
  return typeof id === "string" && id.length <= MAX_ID_CHARS ? id : "";
}

function toName(name: unknown): string {
  return wholeHead(toText(name), MAX_NAME_CHARS);
}

/**
 * Returns arguments as an object: from an object, from JSON, from JSON within JSON. Nothing is an
 * empty object.
 */
function toInput(value: unknown): JsonRecord | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value !== "string") return isRecord(value) ? value : undefined;
  if (value.trim() === "") return {};
  const parsed = parseJson(value);
  const inner = typeof parsed === "string" ? parseJson(parsed) : parsed;
  if (inner === null) return {};
  return isRecord(inner) && !isTooDeep(inner) ? inner : undefined;
}

/** Returns the newest piece as an object, where all arguments came once more in it. */
function toWholeInput(piece = ""): JsonRecord | undefined {
  const parsed = parseJson(piece);
  return isRecord(parsed) && !isTooDeep(parsed) ? parsed : undefined;
}

function head(text: string): string {
  return wholeHead(text, INVALID_INPUT_CHARS);
}

/**
 * Returns the name of a tool as servers accept it: what a model once called may be no tool of
 * theirs, nor of anybody.
 */
export function toApiName(toolName: string): string {
  return toolName.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unknown";
}

/** Returns an id of the given length, of letters and digits. The same id gets the same result. */
export function toShortId(callId: string, length: number): string {
  const digest = createHash("sha256").update(callId).digest("hex");
  return digest.slice(0, length);
}
