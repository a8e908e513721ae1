import * as v from "valibot";
import type { NumberedEvent } from "../session/events.ts";
import type { ServerEvent } from "../wire/server-events.ts";
import { ContentBlockSchema, JsonObject, LimitsSchema } from "./blocks.ts";
import { Seq } from "./commands.ts";
import {
  assistantFields,
  OutcomeSchema,
  RetryRequestSchema,
  RunFailureSchema,
  TodoItemSchema,
  toolFields,
  UsageSchema,
  userFields,
} from "./messages.ts";
import { MessageEntrySchema, ParentCallSchema, RunEndEntrySchema, sessionMetaFields } from "./transcript.ts";

const numbered = { sessionId: v.string(), seq: v.pipe(Seq, v.minValue(1)) };
const inRun = { ...numbered, runId: v.string() };
const { content: _, ...toolResultFields } = toolFields;

const queuedFields = {
  content: v.string(),
  timestamp: v.number(),
  requestId: v.exactOptional(v.string()),
  blocks: v.exactOptional(v.array(ContentBlockSchema)),
};

const streamedFields = {
  messageId: v.string(),
  content: v.string(),
  firstSeq: v.exactOptional(v.pipe(Seq, v.minValue(1))),
  usage: v.exactOptional(UsageSchema),
  costUsd: v.exactOptional(v.number()),
};

export const NumberedEventSchema = v.variant("type", [
  v.object({ type: v.literal("user_message"), ...inRun, id: v.string(), ...userFields }),
  v.object({ type: v.literal("assistant_message"), ...inRun, id: v.string(), ...assistantFields }),
  v.object({
    type: v.literal("tool_done"),
    ...inRun,
    id: v.string(),
    ...toolResultFields,
    output: v.string(),
  }),
  v.object({
    type: v.literal("compaction"),
    ...inRun,
    id: v.string(),
    content: v.string(),
    timestamp: v.number(),
  }),
  v.object({
    type: v.literal("session_updated"),
    ...numbered,
    title: v.exactOptional(v.string()),
    archived: v.exactOptional(v.boolean()),
    timestamp: v.number(),
  }),
  v.object({
    type: v.literal("todo_updated"),
    ...inRun,
    items: v.array(TodoItemSchema),
    timestamp: v.number(),
  }),
  v.object({
    type: v.literal("run_end"),
    ...inRun,
    outcome: OutcomeSchema,
    usage: UsageSchema,
    costUsd: v.exactOptional(v.number()),
    timestamp: v.number(),
    retryOf: v.exactOptional(v.string()),
    retryRequest: v.exactOptional(RetryRequestSchema),
    error: v.exactOptional(RunFailureSchema),
  }),
  v.object({ type: v.literal("message_queued"), ...inRun, ...queuedFields }),
  v.object({
    type: v.literal("run_start"),
    ...inRun,
    timestamp: v.number(),
    retryOf: v.exactOptional(v.string()),
    retryRequest: v.exactOptional(RetryRequestSchema),
  }),
  v.object({ type: v.literal("chunk"), ...inRun, ...streamedFields }),
  v.object({ type: v.literal("thinking"), ...inRun, ...streamedFields }),
  v.object({
    type: v.literal("tool_input"),
    ...inRun,
    callId: v.string(),
    toolName: v.string(),
    ...streamedFields,
  }),
  v.object({
    type: v.literal("tool_start"),
    ...inRun,
    callId: v.string(),
    toolName: v.string(),
    input: JsonObject,
  }),
  v.object({
    type: v.literal("tool_output"),
    ...inRun,
    callId: v.string(),
    content: v.string(),
    taskSessionId: v.exactOptional(v.string()),
  }),
  v.object({
    type: v.literal("approval_request"),
    ...inRun,
    callId: v.string(),
    toolName: v.string(),
    reason: v.string(),
    code: v.exactOptional(v.string()),
    timestamp: v.exactOptional(v.number()),
    expiresAt: v.exactOptional(v.number()),
  }),
  v.object({
    type: v.literal("approval_done"),
    ...inRun,
    callId: v.string(),
    decision: v.picklist(["once", "session", "deny"]),
  }),
  v.object({
    type: v.literal("retry"),
    ...inRun,
    attempt: v.number(),
    delayMs: v.number(),
    code: v.string(),
  }),
  v.object({ type: v.literal("message_done"), ...inRun, content: v.string() }),
  v.object({
    type: v.literal("run_error"),
    ...inRun,
    code: v.string(),
    message: v.string(),
    retryable: v.boolean(),
    retryAfterMs: v.exactOptional(v.number()),
  }),
]) satisfies v.GenericSchema<unknown, NumberedEvent>;

const { todo: _todo, ...summaryFields } = sessionMetaFields;

const replyTo = v.exactOptional(v.string());

export const AnswerSchema = v.variant("type", [
  v.object({
    type: v.literal("connected"),
    sessionId: v.string(),
    limits: LimitsSchema,
    replyTo,
  }),
  v.object({
    type: v.literal("ack"),
    replyTo: v.string(),
    sessionId: v.string(),
    runId: v.string(),
    position: v.number(),
    repeated: v.exactOptional(v.literal(true)),
    runEnd: v.exactOptional(RunEndEntrySchema),
  }),
  v.object({
    type: v.literal("approvals"),
    approvals: v.array(
      v.object({
        sessionId: v.string(),
        seq: Seq,
        runId: v.string(),
        callId: v.string(),
        toolName: v.string(),
        reason: v.string(),
        code: v.exactOptional(v.string()),
        timestamp: v.exactOptional(v.number()),
        expiresAt: v.exactOptional(v.number()),
      }),
    ),
    replyTo,
  }),
  v.object({ type: v.literal("pong"), replyTo }),
  v.object({
    type: v.literal("history"),
    sessionId: v.string(),
    messages: v.array(MessageEntrySchema),
    runEnds: v.exactOptional(v.array(RunEndEntrySchema)),
    hasMore: v.boolean(),
    replyTo,
  }),
  v.object({
    type: v.literal("resumed"),
    sessionId: v.string(),
    epoch: v.string(),
    after: Seq,
    upTo: Seq,
    from: v.picklist(["events", "entries"]),
    replyTo,
  }),
  v.object({
    type: v.literal("resync"),
    sessionId: v.string(),
    epoch: v.string(),
    upTo: Seq,
    messages: v.array(MessageEntrySchema),
    runEnds: v.exactOptional(v.array(RunEndEntrySchema)),
    hasMore: v.boolean(),
    runId: v.exactOptional(v.string()),
    queued: v.exactOptional(
      v.array(v.object({ type: v.literal("message_queued"), runId: v.string(), ...queuedFields })),
    ),
    todo: v.exactOptional(v.array(TodoItemSchema)),
    parent: v.exactOptional(ParentCallSchema),
    replyTo,
  }),
  v.object({
    type: v.literal("sessions"),
    sessions: v.array(
      v.object({
        ...summaryFields,
        running: v.boolean(),
        awaitsApproval: v.exactOptional(v.boolean()),
        excerpt: v.exactOptional(v.string()),
        excerptSeq: v.exactOptional(Seq),
      }),
    ),
    cursor: v.exactOptional(v.string()),
    replyTo,
  }),
  v.object({
    type: v.literal("session_summary"),
    ...summaryFields,
    running: v.boolean(),
    awaitsApproval: v.exactOptional(v.boolean()),
    replyTo,
  }),
  v.object({ type: v.literal("session_deleted"), sessionId: v.string(), replyTo }),
  v.object({ type: v.literal("draining") }),
  v.object({
    type: v.literal("error"),
    code: v.string(),
    message: v.string(),
    retryable: v.boolean(),
    retryAfterMs: v.exactOptional(v.number()),
    sessionId: v.exactOptional(v.string()),
    runId: v.exactOptional(v.string()),
    replyTo,
  }),
]);

/** The schema of a frame to a client. A frame with `seq` is a recorded event. */
export const ServerEventSchema = v.union([NumberedEventSchema, AnswerSchema]) satisfies v.GenericSchema<
  unknown,
  ServerEvent
>;
