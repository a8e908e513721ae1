import type { ServerEvent } from "@mini-openclaw/protocol";
import { ClientError } from "./errors.ts";

/** A frame; or nothing, with the error if it is one: a newer gateway may say things that this client does not know. */
export type ReadFrame = { ok: true; frame: ServerEvent } | { ok: false; error?: ClientError };

/** What the client needs in the frames that it works with, by type. Optional fields are not looked at. */
const required: Record<string, string> = {
  connected: "sessionId limits",
  ack: "replyTo runId",
  pong: "",
  history: "sessionId messages hasMore",
  resumed: "sessionId epoch",
  resync: "sessionId epoch upTo messages hasMore",
  sessions: "sessions",
  draining: "",
  error: "code message",
  user_message: "runId id content",
  assistant_message: "runId id content",
  tool_done: "runId id callId toolName output",
  session_updated: "sessionId",
  session_deleted: "sessionId",
  approval_request: "runId callId toolName reason",
  approval_done: "runId callId",
  run_end: "runId outcome",
  message_queued: "runId content",
  run_start: "runId",
  chunk: "runId messageId content",
  thinking: "runId messageId content",
  tool_start: "runId callId toolName input",
  tool_output: "runId callId content",
  retry: "runId attempt code",
  message_done: "runId content",
};

/** Fields that are not strings. */
const checks: Record<string, (value: unknown) => boolean> = {
  limits: (value) => isObject(value) && typeof value["maxFrameBytes"] === "number",
  input: isObject,
  messages: (value) => Array.isArray(value) && value.every(isMessageEntry),
  sessions: (value) =>
    Array.isArray(value) && value.every((one) => isObject(one) && isString(one["sessionId"])),
  hasMore: (value) => typeof value === "boolean",
  attempt: (value) => typeof value === "number",
  upTo: isSeq,
};

/** Reads one frame of a gateway, as far as the client relies on it. `@mini-openclaw/protocol/schema` checks all of it. */
export function readFrame(text: unknown): ReadFrame {
  if (typeof text !== "string") return invalid("expected a text frame");
  const frame = parse(text);
  if (!isObject(frame) || !isString(frame["type"])) return invalid("expected a JSON object with a type");
  const { type } = frame as { type: string };
  if (!Object.hasOwn(required, type)) return { ok: false };
  const names = (required[type] ?? "").split(" ").filter(Boolean);
  const isEvent = "seq" in frame;
  const wrong = names.find((name) => !(checks[name] ?? isString)(frame[name]));
  if (wrong !== undefined) return invalid(`${type}: ${wrong} is missing or not what it may be`);
  if (isEvent && !(isSeq(frame["seq"]) && isString(frame["sessionId"]))) {
    return invalid(`${type}: an event has a seq and a sessionId`);
  }
  return { ok: true, frame: frame as unknown as ServerEvent };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the caller as what it is: not a JSON object.
    return undefined;
  }
}

function invalid(reason: string): ReadFrame {
  return { ok: false, error: new ClientError("INVALID_FRAME", `a frame of the gateway: ${reason}`) };
}

function isMessageEntry(value: unknown): boolean {
  return (
    isObject(value) && isSeq(value["seq"]) && ["role", "id", "content"].every((name) => isString(value[name]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isSeq(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
