import type { AckEvent, MessageEntry, RunEndEntry } from "@mini-openclaw/protocol";
import { attempt, perform } from "../feeds/perform.ts";
import type { RunEnd } from "../feeds/run-ends.ts";
import { toRows } from "../rows/message-row.ts";
import type { Params } from "../wire/params.ts";
import { describeFailure, isFailure } from "../wire/run-end.ts";
import { type Method, type MethodContext, readKey } from "./method.ts";
import { readMessage, sendMessage } from "./send-message.ts";

// As many as a terminal asks for.
const DEFAULT_HISTORY = 200;
const MAX_HISTORY = 1000;

const sendChat: Method = (params, context) => send(params, context, "sessionKey");

/** The name that `openclaw-node` has for `chat.send`. */
const sendToSession: Method = (params, context) => send(params, context, "key");

async function send(params: Params, context: MethodContext, keyName: string): Promise<object> {
  const message = readMessage(params, readKey(params, keyName));
  const ack = await sendMessage(message, context);
  return { runId: message.id, ...statusOf(ack) };
}

/** Returns the state of a run whose message may have come before. */
function statusOf({ repeated, runEnd }: AckEvent): object {
  if (!repeated) return { status: "started" };
  if (!runEnd) return { status: "in_flight" };
  return endStatusOf(runEnd);
}

/** Returns the state of a run that is over. */
export function endStatusOf({ outcome, error }: Pick<RunEnd, "outcome" | "error">): {
  status: "ok" | "timeout" | "error";
  summary?: string;
  stopReason?: string;
} {
  if (outcome === "aborted" || outcome === "interrupted")
    return { status: "timeout", summary: "aborted", stopReason: "rpc" };
  if (isFailure({ outcome })) return { status: "error", summary: describeFailure(error, outcome) };
  return { status: "ok" };
}

const abortChat: Method = (params, context) => abort(params, context, "sessionKey");

/** Without a key, the run is one of the sessions that the connection follows. */
const abortSession: Method = async (params, context) => {
  const runId = params.optionalText("runId");
  if (runId === undefined || params.optionalText("key") !== undefined) return abort(params, context, "key");
  const sessionKey = await context.feeds.keyOfRun(runId);
  return sessionKey === undefined
    ? { ok: true, aborted: false, runIds: [] }
    : stop(params, context, sessionKey);
};

async function abort(params: Params, context: MethodContext, keyName: string): Promise<object> {
  return stop(params, context, readKey(params, keyName));
}

async function stop(params: Params, context: MethodContext, sessionKey: string): Promise<object> {
  const runId = params.optionalText("runId");
  let runIds = await abortRuns(sessionKey, runId, context);
  if (context.sent && (runId === undefined || runIds.length === 0)) {
    // An earlier message may be about to start a run.
    await context.sent;
    runIds = [...new Set([...runIds, ...(await abortRuns(sessionKey, runId, context))])];
  }
  return { ok: true, aborted: runIds.length > 0, runIds };
}

/** Stops a run of a session, or all of them. Returns the ids of the stopped ones. */
export async function abortRuns(
  sessionKey: string,
  runId: string | undefined,
  { connection, feeds }: MethodContext,
): Promise<string[]> {
  const feed = await feeds.follow(sessionKey);
  const { sessionId } = feed;
  const aborted: string[] = [];
  // Waiting runs first, so that none of them starts when the active one ends.
  for (const { ours, theirs } of feed.findRuns(runId).reverse()) {
    const command = { type: "abort", sessionId, runId: ours } as const;
    if (await attempt(connection, command, ["RUN_NOT_FOUND"])) aborted.unshift(theirs);
  }
  return aborted;
}

const loadHistory: Method = async (params, context) => {
  const sessionKey = readKey(params, "sessionKey");
  const limit = params.optionalInteger("limit", { min: 1, max: MAX_HISTORY }) ?? DEFAULT_HISTORY;
  const offset = params.optionalInteger("offset") ?? 0;
  await context.feeds.follow(sessionKey);
  const page = await loadMessages(sessionKey, offset + limit, context);
  const feed = await context.feeds.followNew(sessionKey, page.sessionId);
  const end = Math.max(0, page.messages.length - offset);
  const messages = page.messages.slice(0, end);
  const newer = page.messages[end]?.seq ?? Number.POSITIVE_INFINITY;
  const rows = toRows(
    messages,
    page.runEnds.filter(({ seq }) => seq < newer),
  );
  const { inFlight } = feed;
  return {
    sessionKey,
    sessionId: page.sessionId,
    messages: rows,
    hasMore: page.hasMore,
    ...(page.hasMore ? { nextOffset: offset + messages.length } : { totalMessages: page.messages.length }),
    ...(inFlight && { inFlightRun: inFlight }),
  };
};

/**
 * Loads the newest messages of a session and the ends of their runs, without answers that a retry
 * replaced.
 */
export async function loadMessages(
  sessionKey: string,
  count: number,
  { connection }: Pick<MethodContext, "connection">,
): Promise<{ sessionId: string; messages: MessageEntry[]; runEnds: RunEndEntry[]; hasMore: boolean }> {
  const { maxHistoryMessages } = connection.limits;
  let messages: MessageEntry[] = [];
  let ends: RunEndEntry[] = [];
  const retried = new Set<string | undefined>();
  for (;;) {
    const limit = Math.min(maxHistoryMessages, count - messages.length);
    const [oldest] = messages;
    const range = { limit, ...(oldest && { before: oldest.seq }) };
    const page = await perform(connection, { type: "history", key: sessionKey, ...range }, "history");
    ends = [...(page.runEnds ?? []), ...ends];
    for (const one of [...page.messages, ...ends]) if ("retryOf" in one) retried.add(one.retryOf);
    const older = page.messages.filter(
      ({ role, runId }) => role === "user" || role === "system" || !retried.has(runId) || runId === undefined,
    );
    messages = [...older, ...messages];
    const { sessionId, hasMore } = page;
    if (hasMore && messages.length < count && page.messages.length > 0) continue;
    const runEnds = ends.filter(({ runId }) => !retried.has(runId));
    return { sessionId, messages, runEnds, hasMore };
  }
}

export const chatMethods: Readonly<Record<string, Method>> = {
  "chat.send": sendChat,
  "sessions.send": sendToSession,
  "chat.abort": abortChat,
  "sessions.abort": abortSession,
  "chat.history": loadHistory,
};
