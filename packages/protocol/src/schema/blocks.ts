import * as v from "valibot";
import type { ContentBlock } from "../session/messages.ts";
import type { MessageBlock } from "../wire/client-events.ts";
import type { Limits } from "../wire/limits.ts";

/** A JSON object, kept as it is: names such as `__proto__` or `constructor` stay data. */
export const JsonObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);

const fileFields = {
  mediaType: v.string(),
  name: v.exactOptional(v.string()),
  data: v.exactOptional(v.string()),
  blob: v.exactOptional(v.string()),
  bytes: v.exactOptional(v.number()),
};

export const ContentBlockSchema = v.variant("type", [
  v.object({ type: v.literal("text"), text: v.string(), phase: v.exactOptional(v.string()) }),
  v.object({
    type: v.literal("thinking"),
    text: v.string(),
    signature: v.exactOptional(v.string()),
    field: v.exactOptional(v.string()),
    details: v.exactOptional(v.array(JsonObject)),
  }),
  v.object({ type: v.literal("redacted_thinking"), data: v.string() }),
  v.object({ type: v.literal("image"), ...fileFields }),
  v.object({ type: v.literal("document"), ...fileFields }),
  v.object({ type: v.literal("tool_call"), callId: v.string() }),
]) satisfies v.GenericSchema<unknown, ContentBlock>;

const sentFileFields = {
  type: v.picklist(["image", "document"]),
  mediaType: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  name: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
};

/** A part of a client's `message`. */
export const MessageBlockSchema = v.variant("type", [
  v.object({ type: v.literal("text"), text: v.string() }),
  v.object({ ...sentFileFields, data: v.pipe(v.string(), v.minLength(1)) }),
  v.object({ ...sentFileFields, blob: v.string() }),
]) satisfies v.GenericSchema<unknown, MessageBlock>;

export const LimitsSchema = v.object({
  maxFrameBytes: v.number(),
  maxIdChars: v.number(),
  maxQueuedMessages: v.number(),
  maxHistoryMessages: v.number(),
  maxBlocks: v.number(),
  maxBlockBytes: v.number(),
  mediaTypes: v.array(v.string()),
}) satisfies v.GenericSchema<unknown, Limits>;
