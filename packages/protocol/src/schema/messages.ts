import * as v from "valibot";
import type { RetryRequest, RunFailure } from "../session/events.ts";
import type { Message, TodoItem, ToolCallRecord, Usage } from "../session/messages.ts";
import { ContentBlockSchema, JsonObject } from "./blocks.ts";

const ToolCallRecordSchema = v.object({
  callId: v.exactOptional(v.string()),
  toolName: v.string(),
  input: JsonObject,
  extra: v.exactOptional(JsonObject),
  output: v.exactOptional(v.string()),
}) satisfies v.GenericSchema<unknown, ToolCallRecord>;

export const RunFailureSchema = v.object({
  code: v.string(),
  message: v.string(),
  retryable: v.boolean(),
}) satisfies v.GenericSchema<unknown, RunFailure>;

export const RetryRequestSchema = v.object({
  id: v.string(),
  runId: v.string(),
}) satisfies v.GenericSchema<unknown, RetryRequest>;

export const UsageSchema = v.object({
  inputTokens: v.number(),
  outputTokens: v.number(),
  cacheReadTokens: v.number(),
  cacheWriteTokens: v.number(),
}) satisfies v.GenericSchema<unknown, Usage>;

export const OutcomeSchema = v.picklist([
  "completed",
  "aborted",
  "interrupted",
  "max_rounds",
  "budget",
  "loop_detected",
  "refused",
  "failed",
]);

export const userFields = {
  content: v.string(),
  timestamp: v.number(),
  requestId: v.exactOptional(v.string()),
  editOf: v.exactOptional(v.string()),
  blocks: v.exactOptional(v.array(ContentBlockSchema)),
};

export const assistantFields = {
  content: v.string(),
  timestamp: v.number(),
  toolCalls: v.exactOptional(v.array(ToolCallRecordSchema)),
  blocks: v.exactOptional(v.array(ContentBlockSchema)),
  stopReason: v.exactOptional(v.string()),
  model: v.exactOptional(v.string()),
  partial: v.exactOptional(v.picklist(["aborted", "interrupted"])),
  usage: v.exactOptional(UsageSchema),
  costUsd: v.exactOptional(v.number()),
  retryOf: v.exactOptional(v.string()),
  requestId: v.exactOptional(v.string()),
};

export const toolFields = {
  callId: v.string(),
  toolName: v.string(),
  content: v.string(),
  isError: v.boolean(),
  timestamp: v.number(),
  durationMs: v.exactOptional(v.number()),
  exitCode: v.exactOptional(v.number()),
  taskSessionId: v.exactOptional(v.string()),
  isDenied: v.exactOptional(v.boolean()),
  blocks: v.exactOptional(v.array(ContentBlockSchema)),
};

export const TodoItemSchema = v.object({
  text: v.string(),
  state: v.picklist(["open", "active", "done"]),
}) satisfies v.GenericSchema<unknown, TodoItem>;

export const systemFields = {
  content: v.string(),
  timestamp: v.number(),
  compaction: v.exactOptional(v.literal(true)),
};

export const MessageSchema = v.variant("role", [
  v.object({ role: v.literal("user"), ...userFields }),
  v.object({ role: v.literal("assistant"), ...assistantFields }),
  v.object({ role: v.literal("tool"), ...toolFields }),
  v.object({ role: v.literal("system"), ...systemFields }),
]) satisfies v.GenericSchema<unknown, Message>;
