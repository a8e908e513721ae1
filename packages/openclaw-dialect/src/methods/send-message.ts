import { randomUUID } from "node:crypto";
import type { AckEvent, MessageBlock, MessageMode } from "@mini-openclaw/protocol";
import { cutText } from "@mini-openclaw/protocol/shared";
import { perform } from "../feeds/perform.ts";
import type { Params } from "../wire/params.ts";
import { invalidRequest, RequestError, withFieldNames } from "../wire/request-error.ts";
import type { MethodContext } from "./method.ts";

// The longest name in a message. File systems have longer ones.
const MAX_NAME_CHARS = 200;

// A session that is reset again each time is reset by a program.
const MAX_ATTEMPTS = 3;

/** A message of a client. */
export interface OutgoingMessage {
  readonly sessionKey: string;
  /** The id of the request. Clients know its run by this id. */
  readonly id: string;
  readonly content: string;
  readonly blocks: MessageBlock[];
  readonly mode?: MessageMode;
}

const modes = { steer: "steer", interrupt: "interrupt", followup: "queue", collect: "queue" } as const;
const queueModes = Object.keys(modes) as (keyof typeof modes)[];

/** Reads the fields that all methods with a message have. Some clients send no `idempotencyKey`. */
export function readMessage(params: Params, sessionKey: string): OutgoingMessage {
  const queueMode = params.optionalOneOf("queueMode", queueModes);
  return {
    sessionKey,
    id: params.optionalText("idempotencyKey") ?? randomUUID(),
    content: params.anyText("message"),
    blocks: params.records("attachments").map(toBlock),
    ...(queueMode !== undefined && { mode: modes[queueMode] }),
  };
}

/**
 * Sends a message to its session. The connection follows that session before, so that it gets all
 * events of the run.
 */
export async function sendMessage(
  { sessionKey: key, ...message }: OutgoingMessage,
  { connection, feeds, runEnds }: MethodContext,
): Promise<AckEvent> {
  let sessionId = (await feeds.find(key))?.sessionId;
  runEnds.forget(message.id);
  for (let attempts = 1; ; attempts += 1) {
    sessionId ??= (await perform(connection, { type: "history", key, limit: 1 }, "history")).sessionId;
    const feed = await feeds.followNew(key, sessionId);
    try {
      const ack = await perform(connection, { type: "message", sessionId, ...message }, "ack");
      feed.addSent(message.id, ack.runId);
      return ack;
    } catch (error) {
      if (!isOver(error) || attempts === MAX_ATTEMPTS) throw withFieldNames(error);
      sessionId = undefined;
    }
  }
}

/** Returns true if another client has reset or deleted the session meanwhile. */
function isOver(error: unknown): boolean {
  const code = error instanceof RequestError ? error.details?.["code"] : undefined;
  return code === "SESSION_ARCHIVED" || code === "SESSION_NOT_FOUND";
}

/** Returns an attachment as a block of a message. Its content may be a data URL. */
function toBlock(attachment: Params): MessageBlock {
  const [, urlType, data] = /^(?:data:([^;,]*)[^,]*,)?([^]*)$/.exec(attachment.text("content")) ?? [];
  const mediaType = attachment.optionalText("mimeType") ?? urlType;
  if (!mediaType || !data)
    throw invalidRequest("`attachments` must have a `mimeType` and `content` in base64.");
  const name = attachment.optionalText("fileName");
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { type, mediaType, data, ...(name !== undefined && { name: cutText(name, MAX_NAME_CHARS) }) };
}
