import * as v from "valibot";
import type { Entry, MessageEntry, RunEndEntry, SessionHeader, SessionMeta } from "../session/transcript.ts";
import {
  assistantFields,
  OutcomeSchema,
  RetryRequestSchema,
  RunFailureSchema,
  systemFields,
  TodoItemSchema,
  toolFields,
  UsageSchema,
  userFields,
} from "./messages.ts";

const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const ParentCallSchema = v.object({ sessionId: v.string(), callId: v.string() });

const entryFields = { seq: Seq, id: v.string(), runId: v.exactOptional(v.string()) };

export const SessionHeaderSchema = v.object({
  type: v.literal("session"),
  v: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  sessionId: v.string(),
  key: v.string(),
  createdAt: v.number(),
  owner: v.exactOptional(v.string()),
  forkedFrom: v.exactOptional(v.object({ sessionId: v.string(), seq: v.number() })),
  parent: v.exactOptional(ParentCallSchema),
  epoch: v.exactOptional(v.string()),
  lastSeq: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
}) satisfies v.GenericSchema<unknown, SessionHeader>;

export const MessageEntrySchema = v.variant("role", [
  v.object({ role: v.literal("user"), ...entryFields, ...userFields }),
  v.object({ role: v.literal("assistant"), ...entryFields, ...assistantFields }),
  v.object({ role: v.literal("tool"), ...entryFields, ...toolFields }),
  v.object({ role: v.literal("system"), ...entryFields, ...systemFields }),
]) satisfies v.GenericSchema<unknown, MessageEntry>;

export const RunEndEntrySchema = v.object({
  type: v.literal("run_end"),
  seq: Seq,
  runId: v.string(),
  outcome: OutcomeSchema,
  usage: UsageSchema,
  costUsd: v.exactOptional(v.number()),
  timestamp: v.number(),
  retryOf: v.exactOptional(v.string()),
  retryRequest: v.exactOptional(RetryRequestSchema),
  error: v.exactOptional(RunFailureSchema),
}) satisfies v.GenericSchema<unknown, RunEndEntry>;

export const RecordEntrySchema = v.variant("type", [
  RunEndEntrySchema,
  v.object({
    type: v.literal("session_updated"),
    seq: Seq,
    title: v.exactOptional(v.string()),
    archived: v.exactOptional(v.boolean()),
    timestamp: v.number(),
  }),
  v.object({
    type: v.literal("todo_updated"),
    seq: Seq,
    runId: v.string(),
    items: v.array(TodoItemSchema),
    timestamp: v.number(),
  }),
]) satisfies v.GenericSchema<unknown, Entry>;

export const sessionMetaFields = {
  sessionId: v.string(),
  key: v.string(),
  channel: v.string(),
  title: v.string(),
  owner: v.exactOptional(v.string()),
  archived: v.exactOptional(v.boolean()),
  forkedFrom: v.exactOptional(v.object({ sessionId: v.string(), seq: v.number() })),
  parent: v.exactOptional(ParentCallSchema),
  createdAt: v.number(),
  updatedAt: v.number(),
  messageCount: v.number(),
  lastSeq: v.number(),
  epoch: v.string(),
  usage: v.exactOptional(UsageSchema),
  costUsd: v.exactOptional(v.number()),
  todo: v.exactOptional(v.array(TodoItemSchema)),
} satisfies { [Field in keyof SessionMeta]: v.GenericSchema<unknown, unknown> };
