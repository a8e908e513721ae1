import { randomUUID } from "node:crypto";
import type { NumberedEvent } from "@mini-openclaw/protocol";
import { perform } from "../feeds/perform.ts";
import { invalidRequest } from "../wire/request-error.ts";
import { findRow } from "./list-methods.ts";
import { type Method, type MethodContext, readKey } from "./method.ts";

// OpenClaw's own limit.
const MAX_LABEL_CHARS = 100;

/**
 * Adds an answer that no agent wrote to a session, behind its active run. Its label becomes its
 * first line.
 */
const inject: Method = async (params, context) => {
  const key = readKey(params, "sessionKey");
  const message = params.text("message");
  const label = params.optionalText("label", MAX_LABEL_CHARS);
  if (!(await findRow(key, context)))
    throw invalidRequest("session not found: `sessionKey` must name a session with messages.");
  const content = label === undefined ? message : `[${label}]\n\n${message}`;
  return { ok: true, messageId: await addAnswer(key, content, context) };
};

/** Adds an answer, and returns the id of its message. */
async function addAnswer(key: string, content: string, { connection }: MethodContext): Promise<string> {
  let messageId = "";
  const done = new AbortController();
  const over = new Promise<void>((resolve) => {
    done.signal.addEventListener("abort", () => resolve());
    connection.closed.addEventListener("abort", () => done.abort(), { signal: done.signal });
  });
  const onEvent = (event: NumberedEvent) => {
    if (event.type !== "assistant_message") return;
    messageId = event.id;
    done.abort();
  };
  const command = { type: "answer", key, id: randomUUID(), content } as const;
  await perform(connection, command, "ack", { onEvent, signal: done.signal });
  await over;
  return messageId;
}

export const injectMethods: Readonly<Record<string, Method>> = { "chat.inject": inject };
