import {
  type AgentInput,
  type AgentRunner,
  type ChunkEvent,
  type DirectIterator,
  type RunEvent,
  type TakeEvent,
  type ThinkingEvent,
  takeDirectly,
  toSessionEvent,
} from "@mini-openclaw/protocol";
import { copyEvent, parseServerEvent } from "@mini-openclaw/protocol/schema";
import { describeValue } from "@mini-openclaw/protocol/shared";
import { discard, iterate } from "../shared/async-iterables.ts";
import { isThenable } from "../shared/callbacks.ts";

type FieldType = "string" | "number" | "boolean" | "object";

/** The fields that an event must have beside `type` and `runId`. */
const fields: { readonly [Type in RunEvent["type"]]: Readonly<Record<string, FieldType>> } = {
  user_message: { id: "string", content: "string", timestamp: "number" },
  assistant_message: { id: "string", content: "string", timestamp: "number" },
  tool_done: {
    id: "string",
    callId: "string",
    toolName: "string",
    output: "string",
    isError: "boolean",
    timestamp: "number",
  },
  compaction: { id: "string", content: "string", timestamp: "number" },
  run_start: { timestamp: "number" },
  chunk: { messageId: "string", content: "string" },
  thinking: { messageId: "string", content: "string" },
  tool_input: { messageId: "string", callId: "string", toolName: "string", content: "string" },
  tool_start: { callId: "string", toolName: "string", input: "object" },
  tool_output: { callId: "string", content: "string" },
  todo_updated: { items: "object", timestamp: "number" },
  approval_request: { callId: "string", toolName: "string", reason: "string" },
  approval_done: { callId: "string", decision: "string" },
  retry: { attempt: "number", delayMs: "number", code: "string" },
  message_done: { content: "string" },
  error: { code: "string", message: "string", retryable: "boolean" },
  run_end: { outcome: "string", usage: "object" },
};

const HINT = "Yield events of the protocol, or make the agent with `textAgent`.";

/**
 * Starts the agent. Its mistakes get errors that name them. Events that come while a read waits are
 * passed to `take` first, if the agent can do that.
 *
 * @throws TypeError when `run` returns something else than an async iterable
 */
export function startAgent(
  agent: AgentRunner,
  input: AgentInput,
  take: TakeEvent<RunEvent>,
): AsyncIterable<RunEvent> {
  const iterator: DirectIterator<RunEvent> = iterate(agent.run(input), "agent.run");
  iterator[takeDirectly]?.(take);
  return { [Symbol.asyncIterator]: () => iterator };
}

/**
 * Checks an event that an agent has yielded.
 *
 * @throws TypeError that names what is wrong
 */
export function checkEvent(event: RunEvent, runId: string): void {
  if (isValidPiece(event, runId)) return;
  try {
    requireEvent(event, runId);
  } catch (error) {
    // A rejection of a promise in the event would end the process.
    discard(event);
    throw error;
  }
}

/**
 * Recognizes a valid piece of text: nearly every event. To look its fields up by their names would
 * cost as much as to record it.
 */
function isValidPiece(event: RunEvent | undefined, runId: string): boolean {
  const type = event?.type;
  if (type !== "chunk" && type !== "thinking") return false;
  const { runId: given, messageId, content } = event as ChunkEvent | ThinkingEvent;
  const isText = typeof messageId === "string" && typeof content === "string";
  return isText && given === runId && (event as { toJSON?: unknown }).toJSON === undefined;
}

function requireEvent(event: RunEvent, runId: string): void {
  const required = requireFields(event);
  const given = event as unknown as Record<string, unknown>;
  for (const name in required) {
    const value = given[name];
    if (typeof value === required[name] && value !== null) continue;
    const expected = `must be ${required[name] === "object" ? "an" : "a"} ${required[name]}`;
    throw new TypeError(
      `The agent yielded ${event.type}: \`${name}\` ${expected}, got ${describeValue(value)}.`,
    );
  }
  if (event.runId !== runId) {
    const expected = `\`runId\` must be ${runId}, got ${describeValue(event.runId)}`;
    throw new TypeError(`The agent yielded ${event.type}: ${expected}. Use the \`runId\` of its input.`);
  }
  if ("toJSON" in event) {
    throw new TypeError(`The agent yielded ${event.type} with a method \`toJSON\`. Yield a plain object.`);
  }
  if ("input" in event || "toolCalls" in event) requireJson(event);
  if (!plainTypes.has(event.type)) requireValid(event);
}

/** The most frequent events. Their required fields are all that they have. */
const plainTypes: ReadonlySet<string> = new Set([
  ...["chunk", "thinking", "tool_input", "tool_output", "message_done"],
]);

/** Requires that readers of a transcript accept the event. */
function requireValid(event: RunEvent): void {
  const numbered = { ...toSessionEvent(event), sessionId: "-", seq: 1 };
  if (copyEvent(numbered)) return;
  const parsed = parseServerEvent(JSON.stringify(numbered));
  if (!parsed.ok) throw new TypeError(`The agent yielded ${event.type}: ${parsed.message}`);
}

/** Returns the fields that an event of its type must have. */
function requireFields(event: unknown): Readonly<Record<string, FieldType>> {
  if (typeof event !== "object" || event === null) {
    throw new TypeError(`The agent yielded ${describeValue(event)}, which is no event. ${HINT}`);
  }
  if (isThenable(event)) {
    throw new TypeError("The agent yielded a promise. Yield what it resolves with: `yield await …`.");
  }
  const { type } = event as { type?: unknown };
  if (typeof type === "string" && Object.hasOwn(fields, type)) return fields[type as RunEvent["type"]];
  const known = Object.keys(fields).join(", ");
  throw new TypeError(
    `The agent yielded an event of the unknown type ${describeValue(type)}. Known types are ${known}.`,
  );
}

/** The input of a tool call comes from a model or from code, and code may put anything into it. */
function requireJson(event: RunEvent): void {
  try {
    JSON.stringify(event, refusePromise);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The agent yielded ${event.type} with a value that JSON does not have: ${why}`;
    throw new TypeError(`${message}. Convert it first, for example a BigInt to a string.`, { cause });
  }
}

function refusePromise(_key: string, value: unknown): unknown {
  if (isThenable(value)) throw new TypeError("JSON has no promises.");
  return value;
}
