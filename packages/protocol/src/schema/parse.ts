import * as v from "valibot";
import type { ClientEvent } from "../client-events.ts";
import { type ErrorCode, errorCodes } from "../errors.ts";
import type { Message } from "../messages.ts";
import type { ServerEvent } from "../server-events.ts";
import type { Entry, SessionHeader } from "../transcript.ts";
import { MessageSchema } from "./messages.ts";
import { MessageEntrySchema, RecordEntrySchema, SessionHeaderSchema } from "./transcript.ts";
import { ClientEventId, clientEventSchemas, ServerEventSchema } from "./wire.ts";

/** A typed value, or why there is none: the code to answer with and what was wrong, in words. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

/** Reads one frame from a client. Unknown fields are ignored. A refused frame's `id` is kept, to be answered. */
export function parseClientEvent(text: string): Parsed<ClientEvent> & { id?: string } {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const event = checkClientEvent(parsed.value);
  const id = v.safeParse(ClientEventId, parsed.value["id"]);
  return id.success ? { ...event, id: id.output } : event;
}

/** Checks what a client asks for, where it is no text any more. Unknown fields are ignored, however deep. */
export function checkClientEvent(event: Readonly<Record<string, unknown>>): Parsed<ClientEvent> {
  const { type } = event;
  if (typeof type !== "string") return invalid(`type: expected a string, got ${describe(type)}`);
  if (!Object.hasOwn(clientEventSchemas, type)) {
    const allowed = Object.keys(clientEventSchemas).join(", ");
    return {
      ok: false,
      code: errorCodes.UNKNOWN_TYPE,
      message: `type: ${describe(type)} is not one of ${allowed}`,
    };
  }
  const schema: v.GenericSchema<unknown, ClientEvent> = clientEventSchemas[type as ClientEvent["type"]];
  return check(schema, event);
}

/** Reads one frame from a gateway. Unknown types are an `UNKNOWN_TYPE` or `INVALID_FRAME` to skip. */
export function parseServerEvent(text: string): Parsed<ServerEvent> {
  const parsed = parseObject(text);
  return parsed.ok ? check(ServerEventSchema, parsed.value) : parsed;
}

/** Checks a message that somebody hands over to be kept. */
export function checkMessage(message: unknown): Parsed<Message> {
  return check(MessageSchema, message);
}

/** A line of a transcript. */
export type TranscriptLine = { kind: "header"; header: SessionHeader } | { kind: "entry"; entry: Entry };

/**
 * Checks a parsed line of a transcript. The value comes back as it is, unknown fields included: what a newer
 * version wrote survives a copy.
 */
export function checkLine(value: unknown): Parsed<TranscriptLine> {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (type === "session") {
    return v.is(SessionHeaderSchema, value)
      ? { ok: true, value: { kind: "header", header: value } }
      : refused(SessionHeaderSchema, value);
  }
  const schema = type === undefined ? MessageEntrySchema : RecordEntrySchema;
  return v.is(schema, value) ? { ok: true, value: { kind: "entry", entry: value } } : refused(schema, value);
}

function parseObject(text: string): Parsed<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid("expected a JSON object, got text that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid(`expected a JSON object, got ${describe(value)}`);
  }
  return { ok: true, value: value as Record<string, unknown> };
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown): Parsed<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success ? { ok: true, value: result.output } : refused(schema, value);
}

function refused(schema: v.GenericSchema, value: unknown): Parsed<never> {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  const issue = issues?.[0];
  if (!issue) return invalid("not of the expected shape");
  const path = v.getDotPath(issue);
  return invalid(path === null ? explain(issue) : `${path}: ${explain(issue)}`);
}

/** One issue in words that say what is allowed. */
function explain(issue: v.BaseIssue<unknown>): string {
  const { type, expected, received } = issue;
  const limit = Number(issue.requirement);
  if (received === "undefined") return "is missing";
  switch (type) {
    case "min_length":
      return `must have at least ${limit} characters, has ${received}`;
    case "max_length":
      return `must have at most ${limit} characters, has ${received}`;
    case "min_value":
      return `must be at least ${limit}, is ${received}`;
    case "max_value":
      return `must be at most ${limit}, is ${received}`;
    case "safe_integer":
      return `must be a whole number, is ${received}`;
    default:
      return `must be ${expected ?? "of another shape"}, is ${cut(received)}`;
  }
}

function invalid(message: string): Parsed<never> {
  return { ok: false, code: errorCodes.INVALID_FRAME, message };
}

/** Names a value in an error message without repeating much of it. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return "an array";
  if (value === null) return "null";
  return value === undefined ? "nothing" : `a ${typeof value}`;
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
