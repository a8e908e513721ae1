import type { ServerEvent } from "@mini-openclaw/protocol";
import { ClientError } from "./errors.ts";

/** A frame; or nothing, with the error if it is one: a newer gateway may say things that this client does not know. */
export type ReadFrame = { ok: true; frame: ServerEvent } | { ok: false; error?: ClientError };

/** Fields that the client needs, by type of the frame. Optional ones are not looked at. */
type Required = Readonly<Record<string, string>>;

const answers: Required = {
  connected: "sessionId limits",
  ack: "replyTo runId",
  pong: "",
  history: "sessionId messages hasMore",
  resumed: "sessionId epoch",
  resync: "sessionId epoch upTo messages hasMore",
  sessions: "sessions",
  session_summary: "sessionId",
  session_deleted: "sessionId",
  draining: "",
  error: "code message",
};

/** Of these, each has a `seq` and a `sessionId` besides. */
const events: Required = {
  user_message: "runId id content",
  assistant_message: "runId id content",
  tool_done: "runId id callId toolName output",
  compaction: "runId id content",
  session_updated: "",
  run_end: "runId outcome",
  message_queued: "runId content",
  run_start: "runId",
  chunk: "runId messageId content",
  thinking: "runId messageId content",
  tool_start: "runId callId toolName input",
  tool_output: "runId callId content",
  approval_request: "runId callId toolName reason",
  approval_done: "runId callId",
  retry: "runId attempt code",
  message_done: "runId content",
  run_error: "runId code message",
};

/** Fields that are not strings. */
const checks: Record<string, (value: unknown) => boolean> = {
  limits: (value) => isObject(value) && isSeq(value["maxFrameBytes"]),
  input: isObject,
  messages: (value) => Array.isArray(value) && value.every(isMessageEntry),
  sessions: (value) =>
    Array.isArray(value) && value.every((one) => isObject(one) && isString(one["sessionId"])),
  hasMore: (value) => typeof value === "boolean",
  attempt: isSeq,
  upTo: isSeq,
  seq: isSeq,
};

/** Reads one frame of a gateway, as far as the client relies on it. `@mini-openclaw/protocol/schema` checks all of it. */
export function readFrame(text: unknown): ReadFrame {
  const frame = parse(text);
  if (!isObject(frame) || !isString(frame["type"])) return invalid("expected a JSON object with a type");
  const { type } = frame as { type: string };
  const required = "seq" in frame ? events : answers;
  if (!Object.hasOwn(required, type)) return { ok: false };
  const names = `${required[type]}${"seq" in frame ? " seq sessionId" : ""}`.split(" ");
  const wrong = names.find((name) => name && !(checks[name] ?? isString)(frame[name]));
  if (wrong !== undefined) return invalid(`${type}: ${wrong} is missing or wrong`);
  return { ok: true, frame: frame as unknown as ServerEvent };
}

function parse(text: unknown): unknown {
  try {
    return isString(text) ? JSON.parse(text) : undefined;
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
