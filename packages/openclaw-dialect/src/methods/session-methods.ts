import { randomUUID } from "node:crypto";
import type { SessionSummary } from "@mini-openclaw/protocol";
import { describeValue, mustBe } from "@mini-openclaw/protocol/shared";
import { perform } from "../feeds/perform.ts";
import type { SessionFeed } from "../feeds/session-feed.ts";
import { toSessionRow } from "../rows/session-row.ts";
import type { Params } from "../wire/params.ts";
import { invalidRequest, RequestError } from "../wire/request-error.ts";
import { abortRuns } from "./chat-methods.ts";
import { findRow, findSession } from "./list-methods.ts";
import { type Method, type MethodContext, readKey } from "./method.ts";
import { readMessage, sendMessage } from "./send-message.ts";

// Without an error, clients would not notice.
const refusedFields: Readonly<Record<string, string>> = {
  fork: "sessions are not copied here",
  forkFrom: "sessions are not copied here",
  incognito: "all sessions are stored here",
};

/** Creates a session, or returns the one that its key names. */
const createSession: Method = async (params, context) => {
  const key = readKey(params, "key", randomUUID());
  for (const [name, reason] of Object.entries(refusedFields))
    if (params.isSet(name)) throw invalidRequest(`\`${name}\` must be absent, because ${reason}.`);
  const title =
    params.optionalText("label", MAX_LABEL_CHARS) ?? params.optionalText("displayName", MAX_LABEL_CHARS);
  const { sessionId } = await context.feeds.follow(key);
  if (title !== undefined && !(await findRow(key, context)))
    await perform(context.connection, { type: "rename", sessionId, title }, "session_summary");
  const created = { ok: true, key, sessionId, entry: { sessionId } };
  if (params.optionalText("message") === undefined) return created;
  const message = readMessage(params, key);
  await sendMessage(message, context);
  return { ...created, runStarted: true, runId: message.id };
};

/** Begins a new session of a key. The earlier one is archived. */
const resetSession: Method = async (params, context) => {
  const { connection, feeds } = context;
  const key = readKey(params, "key");
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
  const key = readKey(params, "key");
  if (params.optionalBoolean("deleteTranscript") === false) {
    const advice = "To keep the messages, archive the session with `sessions.patch`.";
    throw invalidRequest(
      `\`deleteTranscript\` must be true or absent: a deleted session keeps no messages. ${advice}`,
    );
  }
  const isOpen = params.optionalBoolean("archivedOnly") !== true;
  const found = await findSession(key, context, !isOpen);
  if (found) {
    checkExpected(params, found);
    if (isOpen) {
      await stopRuns(key, context);
      context.feeds.end(key);
    }
    await perform(context.connection, { type: "delete", sessionId: found.sessionId }, "session_deleted");
  }
  return { ok: true, key, deleted: found !== undefined, archived: [] };
};

/**
 * Checks the conditions of a client that has seen the session before.
 *
 * @throws RequestError where the session is another one, or has changed
 */
function checkExpected(params: Params, { sessionId, updatedAt }: SessionSummary): void {
  const expected = params.optionalText("expectedSessionId") ?? sessionId;
  const newest = params.optionalInteger("expectedSessionUpdatedAt") ?? updatedAt;
  const revision = params.optionalText("expectedLifecycleRevision");
  const advice = "Nothing was changed. Describe the session again.";
  if (expected !== sessionId)
    throw invalidRequest(`${mustBe("expectedSessionId", describeValue(sessionId), expected)} ${advice}`);
  if (newest !== updatedAt)
    throw invalidRequest(`${mustBe("expectedSessionUpdatedAt", String(updatedAt), newest)} ${advice}`);
  if (revision !== undefined)
    throw invalidRequest("`expectedLifecycleRevision` must be absent: sessions have no revisions here.");
}

/** Stops all runs of a session, and waits for their ends. */
async function stopRuns(key: string, context: MethodContext): Promise<SessionFeed> {
  const { connection, feeds, runEnds } = context;
  const feed = await feeds.follow(key);
  const runs = feed.findRuns();
  await abortRuns(key, undefined, context);
  await Promise.all(runs.map(({ theirs }) => runEnds.wait(theirs, connection.closed, key)));
  return feed;
}

// Fields that name the session, and those that are changed here.
const patchFields = new Set(["key", "agentId", "expectedSessionId", "label", "archived", "verboseLevel"]);

const MAX_LABEL_CHARS = 200;

/** Changes the title, the archive mark, or the detail of tool calls in this client's view. */
const patchSession: Method = async (params, context) => {
  const { view } = context;
  const key = readKey(params, "key");
  const unknown = params.names().find((name) => !patchFields.has(name));
  if (unknown !== undefined) {
    const allowed = "`label`, `archived` and `verboseLevel`";
    throw invalidRequest(
      `\`${unknown}\` cannot be changed by clients of this server. They can change ${allowed}.`,
    );
  }
  if (params.isNull("label"))
    throw invalidRequest("`label` must be a text, got null. A title cannot be removed. Send another one.");
  const label = params.optionalText("label", MAX_LABEL_CHARS);
  const archived = params.optionalBoolean("archived");
  const verboseLevel = params.optionalText("verboseLevel", 20);
  const found = await findSession(key, context, archived === false);
  if (found) checkExpected(params, found);
  const isNeeded = label !== undefined || archived !== undefined;
  if (!found && isNeeded)
    throw invalidRequest(
      "`key` must name a session with messages, and there is none yet. Send a message first.",
    );
  if (verboseLevel !== undefined) view.verboseLevels.set(key, verboseLevel);
  if (!found) return { ok: true, key, entry: { verboseLevel } };
  await change({ key, session: found, label, archived }, context);
  const row = {
    ...toSessionRow(key, found, view.verboseLevels),
    ...(label !== undefined && { displayName: label, label }),
    ...(archived !== undefined && { archived }),
    ...(verboseLevel !== undefined && { verboseLevel }),
  };
  return { ok: true, key, entry: row };
};

interface Change {
  readonly key: string;
  readonly session: SessionSummary;
  readonly label: string | undefined;
  readonly archived: boolean | undefined;
}

/** Changes a session, or nothing of it: an archived one takes no title, and one that runs stays. */
async function change({ key, session, label, archived }: Change, context: MethodContext): Promise<void> {
  const { connection, feeds } = context;
  const { sessionId, running } = session;
  if (archived && running) {
    const details = { code: "SESSION_BUSY" };
    throw new RequestError("UNAVAILABLE", "A run is active or waits in the session. Stop it first.", {
      details,
    });
  }
  if (archived === false) await perform(connection, { type: "unarchive", sessionId }, "session_summary");
  if (label !== undefined)
    await perform(connection, { type: "rename", sessionId, title: label }, "session_summary");
  if (archived) await perform(connection, { type: "archive", sessionId }, "session_summary");
  if (archived !== undefined) feeds.end(key);
}

export const sessionMethods: Readonly<Record<string, Method>> = {
  "sessions.create": createSession,
  "sessions.reset": resetSession,
  "sessions.delete": deleteSession,
  "sessions.patch": patchSession,
};
