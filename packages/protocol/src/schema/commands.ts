import * as v from "valibot";
import type { AuthCommand, ClientEvent } from "../wire/client-events.ts";
import { defaultLimits } from "../wire/limits.ts";
import { MessageBlockSchema } from "./blocks.ts";

// The schemas have the default limits. A gateway with other limits checks those itself.
export const ClientEventId = v.pipe(v.string(), v.minLength(1), v.maxLength(defaultLimits.maxIdChars));
const id = v.exactOptional(ClientEventId);
export const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const PageSize = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(1),
  v.maxValue(defaultLimits.maxHistoryMessages),
);

const Cursor = v.pipe(v.string(), v.maxLength(1024));
const ShortText = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

function lifecycleCommand<const Type extends string>(type: Type) {
  return v.object({ type: v.literal(type), id, sessionId: ClientEventId });
}

export const clientEventSchemas = {
  message: v.object({
    type: v.literal("message"),
    id,
    sessionId: v.exactOptional(ClientEventId),
    content: v.string(),
    blocks: v.exactOptional(v.array(MessageBlockSchema)),
    mode: v.exactOptional(v.picklist(["queue", "steer", "interrupt"])),
  }),
  ping: v.object({ type: v.literal("ping"), id }),
  create: v.object({ type: v.literal("create"), id }),
  abort: v.object({
    type: v.literal("abort"),
    id,
    sessionId: ClientEventId,
    runId: v.exactOptional(ClientEventId),
  }),
  retry: v.object({ type: v.literal("retry"), id, sessionId: ClientEventId, runId: ClientEventId }),
  edit: v.object({
    type: v.literal("edit"),
    id,
    sessionId: ClientEventId,
    messageId: ClientEventId,
    content: v.string(),
    blocks: v.exactOptional(v.array(MessageBlockSchema)),
  }),
  approve: v.object({
    type: v.literal("approve"),
    id,
    sessionId: ClientEventId,
    callId: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    runId: v.exactOptional(ClientEventId),
    decision: v.picklist(["once", "session", "deny"]),
  }),
  history: v.object({
    type: v.literal("history"),
    id,
    sessionId: ClientEventId,
    before: v.exactOptional(Seq),
    limit: v.exactOptional(PageSize),
    replaced: v.exactOptional(v.boolean()),
  }),
  resume: v.object({
    type: v.literal("resume"),
    id,
    sessionId: ClientEventId,
    epoch: v.exactOptional(ClientEventId),
    after: v.exactOptional(Seq),
    runId: v.exactOptional(ClientEventId),
    keep: v.exactOptional(v.boolean()),
  }),
  unwatch: v.object({ type: v.literal("unwatch"), id, sessionId: v.exactOptional(ClientEventId) }),
  approvals: v.object({ type: v.literal("approvals"), id, sessionId: v.exactOptional(ClientEventId) }),
  list: v.object({
    type: v.literal("list"),
    id,
    limit: v.exactOptional(PageSize),
    cursor: v.exactOptional(Cursor),
    archived: v.exactOptional(v.boolean()),
  }),
  search: v.object({
    type: v.literal("search"),
    id,
    text: ShortText,
    limit: v.exactOptional(PageSize),
    cursor: v.exactOptional(Cursor),
    archived: v.exactOptional(v.boolean()),
  }),
  rename: v.object({ type: v.literal("rename"), id, sessionId: ClientEventId, title: ShortText }),
  fork: v.object({
    type: v.literal("fork"),
    id,
    sessionId: ClientEventId,
    at: v.exactOptional(v.pipe(Seq, v.minValue(1))),
  }),
  archive: lifecycleCommand("archive"),
  unarchive: lifecycleCommand("unarchive"),
  delete: lifecycleCommand("delete"),
  undelete: lifecycleCommand("undelete"),
} satisfies { [Type in ClientEvent["type"]]: v.GenericSchema<unknown, Extract<ClientEvent, { type: Type }>> };

/** The first frame of a connection to `/?auth=frame`. */
export const AuthCommandSchema = v.object({
  type: v.literal("auth"),
  token: v.string(),
}) satisfies v.GenericSchema<unknown, AuthCommand>;
