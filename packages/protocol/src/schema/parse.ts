import * as v from "valibot";
import type { NumberedEvent } from "../session/events.ts";
import type { Message } from "../session/messages.ts";
import type { Entry, SessionHeader } from "../session/transcript.ts";
import { listOf, mustBe } from "../shared/check-options.ts";
import { describeValue } from "../shared/text.ts";
import type { ClientEvent } from "../wire/client-events.ts";
import { type ErrorCode, errorCodes } from "../wire/error-codes.ts";
import type { ServerEvent } from "../wire/server-events.ts";
import { ClientEventId, clientEventSchemas } from "./commands.ts";
import { compile } from "./compile.ts";
import { MessageSchema } from "./messages.ts";
import { MessageEntrySchema, RecordEntrySchema, SessionHeaderSchema } from "./transcript.ts";
import { AnswerSchema, NumberedEventSchema } from "./wire.ts";

/** A typed value, or the code and the text of the error. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

/**
 * Parses a frame from a client and ignores unknown fields. A refused frame keeps its `id`, so that
 * the refusal can refer to it.
 */
export function parseClientEvent(text: string): Parsed<ClientEvent> & { id?: string } {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const event = checkClientEvent(parsed.value);
  const id = v.safeParse(ClientEventId, parsed.value["id"]);
  return id.success ? { ...event, id: id.output } : event;
}

/** Checks a client event that is already an object. Ignores unknown fields at any depth. */
export function checkClientEvent(event: Readonly<Record<string, unknown>>): Parsed<ClientEvent> {
  const { type } = event;
  if (typeof type !== "string") return invalid(mustBe("type", "a string", type));
  if (!Object.hasOwn(clientEventSchemas, type)) {
    const allowed = listOf(Object.keys(clientEventSchemas));
    return {
      ok: false,
      code: errorCodes.UNKNOWN_TYPE,
      message: mustBe("type", `one of ${allowed}`, type),
    };
  }
  const schema: v.GenericSchema<unknown, ClientEvent> = clientEventSchemas[type as ClientEvent["type"]];
  const parsed = check(schema, event);
  if (parsed.ok && isEmptyMessage(parsed.value)) return invalid("`content` must not be empty.");
  return parsed;
}

function isEmptyMessage(event: ClientEvent): boolean {
  const isMessage = event.type === "message" || event.type === "edit";
  return isMessage && event.content === "" && !event.blocks?.length;
}

/** Parses a frame from a gateway. Skip frames with `UNKNOWN_TYPE` or `INVALID_FRAME`. */
export function parseServerEvent(text: string): Parsed<ServerEvent> {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const event = copyEvent(parsed.value);
  if (event) return { ok: true, value: event };
  // Not their union: its refusal would name no field.
  return check<ServerEvent>("seq" in parsed.value ? NumberedEventSchema : AnswerSchema, parsed.value);
}

/** Checks a message before it is stored. */
export function checkMessage(message: unknown): Parsed<Message> {
  return check(MessageSchema, message);
}

/**
 * Returns a deep copy of a valid message. Returns `undefined` for any other value, for unknown
 * fields, and for a message that JSON would change. {@link checkMessage} returns the reason.
 */
export const copyMessage: (message: unknown) => Message | undefined = compile(MessageSchema).copy;

/** Returns a deep copy of a recorded event, under the same conditions as {@link copyMessage}. */
export const copyEvent: (event: unknown) => NumberedEvent | undefined = compile(NumberedEventSchema).copy;

/** A line of a transcript. */
export type TranscriptLine = { kind: "header"; header: SessionHeader } | { kind: "entry"; entry: Entry };

/**
 * Checks a parsed line of a transcript. Returns the value unchanged with its unknown fields, so
 * that a copy keeps fields of newer versions.
 */
export function checkLine(value: unknown): Parsed<TranscriptLine> {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (type === "session") {
    return v.is(SessionHeaderSchema, value)
      ? { ok: true, value: { kind: "header", header: value } }
      : refused(SessionHeaderSchema, value);
  }
  const isEntry = type === undefined ? isMessageEntry : isRecordEntry;
  if (isEntry(value)) return { ok: true, value: { kind: "entry", entry: value } };
  return refused(type === undefined ? MessageEntrySchema : RecordEntrySchema, value);
}

const { is: isMessageEntry } = compile<Entry>(MessageEntrySchema);
const { is: isRecordEntry } = compile<Entry>(RecordEntrySchema);

function parseObject(text: string): Parsed<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid("A frame must be a JSON object, got text that is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid(`A frame must be a JSON object, got ${describeValue(value)}.`);
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
  if (!issue) return invalid("The value does not have the expected shape.");
  return invalid(explain(v.getDotPath(issue) ?? "value", issue));
}

/** Returns the text of one issue: the field, what it must be, and what it is. */
function explain(field: string, issue: v.BaseIssue<unknown>): string {
  const { type, input } = issue;
  const limit = Number(issue.requirement);
  if (input === undefined) return `\`${field}\` is missing.`;
  switch (type) {
    case "min_length":
      if (limit === 1) return `\`${field}\` must not be empty.`;
      return `\`${field}\` must have at least ${limit} characters, got ${issue.received}.`;
    case "max_length":
      return `\`${field}\` must have at most ${limit} characters, got ${issue.received}.`;
    case "min_value":
      return mustBe(field, `at least ${limit}`, input);
    case "max_value":
      return mustBe(field, `at most ${limit}`, input);
    case "safe_integer":
      return mustBe(field, "an integer", input);
    default:
      return mustBe(field, describeExpected(issue.expected), input);
  }
}

/** Returns valibot's name of a type with an article, or its list of values as words. */
function describeExpected(expected: string | null): string {
  if (expected === null || expected === "unknown") return "an object";
  if (expected.startsWith("(")) return listOf(expected.replace(/[()]/g, "").split(" | "));
  if (!/^\w+$/.test(expected)) return expected;
  return `${/^[AOaeiou]/.test(expected) ? "an" : "a"} ${expected.toLowerCase()}`;
}

function invalid(message: string): Parsed<never> {
  return { ok: false, code: errorCodes.INVALID_FRAME, message };
}
