import { randomUUID } from "node:crypto";
import { perform } from "../feeds/perform.ts";
import type { SessionFeed } from "../feeds/session-feed.ts";
import { invalidRequest } from "../wire/request-error.ts";
import { AGENT_ID, toFullKey } from "../wire/session-key.ts";
import { abortRuns } from "./chat-methods.ts";
import { findRow } from "./list-methods.ts";
import { MAX_KEY_CHARS, type Method, type MethodContext } from "./method.ts";
import { readMessage, sendMessage } from "./send-message.ts";

/** Creates a session, or returns the one that its key names. */
const createSession: Method = async (params, context) => {
  const key = toFullKey(params.optionalText("key", MAX_KEY_CHARS) ?? `agent:${AGENT_ID}:${randomUUID()}`);
  const { sessionId } = await context.feeds.follow(key);
  const created = { ok: true, key, sessionId, entry: { sessionId } };
  if (params.optionalText("message") === undefined) return created;
  const message = readMessage(params, key);
  await sendMessage(message, context);
  return { ...created, runStarted: true, runId: message.id };
};

/** Begins a new session of a key. The earlier one is archived. */
const resetSession: Method = async (params, context) => {
  const { connection, feeds } = context;
  const key = toFullKey(params.text("key", MAX_KEY_CHARS));
  const { sessionId } = await stopRuns(key, context);
  // An empty session is not stored, so that it cannot be archived.
  const hasMessages = (await findRow(key, context))?.sessionId === sessionId;
  if (!hasMessages) return { ok: true, key, entry: { sessionId, updatedAt: null } };
  await perform(connection, { type: "archive", sessionId }, "session_summary");
  const created = await perform(connection, { type: "create", key }, "connected");
  feeds.end(key);
  await feeds.follow(key);
  return { ok: true, key, entry: { sessionId: created.sessionId, updatedAt: null } };
};

const deleteSession: Method = async (params, context) => {
  const key = toFullKey(params.text("key", MAX_KEY_CHARS));
  const row = await findRow(key, context);
  if (row) {
    await stopRuns(key, context);
    context.feeds.end(key);
    await perform(context.connection, { type: "delete", sessionId: row.sessionId }, "session_deleted");
  }
  return { ok: true, key, deleted: row !== undefined, archived: [] };
};

/** Stops all runs of a session, and waits for their ends. */
async function stopRuns(key: string, context: MethodContext): Promise<SessionFeed> {
  const { connection, feeds, runEnds } = context;
  const feed = await feeds.follow(key);
  const runs = feed.findRuns();
  await abortRuns(key, undefined, context);
  await Promise.all(runs.map(({ theirs }) => runEnds.wait(theirs, connection.closed)));
  return feed;
}

// Fields that name the session, and those that are changed here.
const patchFields = new Set(["key", "agentId", "expectedSessionId", "label", "archived", "verboseLevel"]);

/** Changes the title, the archive mark, or the detail of tool calls in this client's view. */
const patchSession: Method = async (params, context) => {
  const { connection, view } = context;
  const key = toFullKey(params.text("key", MAX_KEY_CHARS));
  const unknown = params.names().find((name) => !patchFields.has(name));
  if (unknown !== undefined) {
    const allowed = "`label`, `archived` and `verboseLevel`";
    throw invalidRequest(
      `\`${unknown}\` cannot be changed by clients of this server. They can change ${allowed}.`,
    );
  }
  const label = params.optionalText("label", 200);
  const archived = params.optionalBoolean("archived");
  const verboseLevel = params.optionalText("verboseLevel", 20);
  if (verboseLevel !== undefined) view.verboseLevels.set(key, verboseLevel);
  const found = archived === false ? await findArchived(key, context) : await findRow(key, context);
  const sessionId = found?.sessionId;
  if (sessionId === undefined) {
    if (label === undefined && archived === undefined) return { ok: true, key, entry: { verboseLevel } };
    throw invalidRequest(
      "`key` must name a session with messages, and there is none yet. Send a message first.",
    );
  }
  if (label !== undefined)
    await perform(connection, { type: "rename", sessionId, title: label }, "session_summary");
  if (archived !== undefined) {
    const move = archived
      ? ({ type: "archive", sessionId } as const)
      : ({ type: "unarchive", sessionId } as const);
    await perform(connection, move, "session_summary");
    context.feeds.end(key);
  }
  const row = {
    ...found,
    ...(label !== undefined && { displayName: label, label }),
    ...(archived !== undefined && { archived }),
    ...(verboseLevel !== undefined && { verboseLevel }),
  };
  return { ok: true, key, entry: row };
};

async function findArchived(
  key: string,
  { connection }: MethodContext,
): Promise<{ sessionId: string } | undefined> {
  const list = { type: "list", key, limit: 1, archived: true } as const;
  const { sessions } = await perform(connection, list, "sessions");
  return sessions[0];
}

export const sessionMethods: Readonly<Record<string, Method>> = {
  "sessions.create": createSession,
  "sessions.reset": resetSession,
  "sessions.delete": deleteSession,
  "sessions.patch": patchSession,
};
