import type { FoundSession, SessionSummary } from "@mini-openclaw/protocol";
import { perform } from "../feeds/perform.ts";
import { type SessionRow, toEmptyRow, toSessionRow } from "../rows/session-row.ts";
import type { Params } from "../wire/params.ts";
import { isOfAgent, toFullKey } from "../wire/session-key.ts";
import { loadMessages } from "./chat-methods.ts";
import { type Method, type MethodContext, readKey } from "./method.ts";

// As many as one page of the gateway has.
const PAGE = 200;
const DEFAULT_PREVIEW = 12;
const MAX_PREVIEWS = 64;

const listSessions: Method = (params, context) => list(params, context);

async function list(params: Params, context: MethodContext): Promise<object> {
  const limit = params.optionalInteger("limit", { min: 1 }) ?? PAGE;
  const offset = params.optionalInteger("offset") ?? 0;
  const agentId = params.optionalText("agentId");
  const text = params.filledText("search", 200);
  const all = await loadRows(offset + limit + 1, { archived: readArchived(params), text, agentId }, context);
  const sessions = all.slice(offset, offset + limit);
  const hasMore = all.length > offset + limit;
  return {
    ts: Date.now(),
    path: "",
    count: sessions.length,
    hasMore,
    ...(!hasMore && { totalCount: all.length }),
    defaults: toDefaults(context),
    sessions,
  };
}

function readArchived(params: Params): readonly boolean[] {
  const isAll = params.isOneOf("archived", ["all"]);
  return isAll ? [false, true] : [params.optionalBoolean("archived") ?? false];
}

function toDefaults({ model }: MethodContext): object {
  return {
    modelProvider: model?.provider ?? null,
    model: model?.id ?? null,
    contextTokens: model?.contextTokens ?? null,
  };
}

interface Filter {
  readonly archived: readonly boolean[];
  readonly text?: string | undefined;
  readonly agentId?: string | undefined;
}

/** Loads the newest sessions, one for each key. */
async function loadRows(count: number, filter: Filter, context: MethodContext): Promise<SessionRow[]> {
  const rows = new Map<string, SessionRow>();
  for (const archived of filter.archived) {
    let cursor: string | undefined;
    do {
      const range = { limit: PAGE, archived, ...(cursor !== undefined && { cursor }) };
      const command =
        filter.text === undefined
          ? ({ type: "list", ...range } as const)
          : ({ type: "search", text: filter.text, ...range } as const);
      const page = await perform(context.connection, command, "sessions");
      for (const session of page.sessions) addRow(rows, session, filter, context);
      cursor = page.cursor;
    } while (cursor !== undefined && rows.size < count);
  }
  return [...rows.values()].slice(0, count);
}

function addRow(
  rows: Map<string, SessionRow>,
  session: FoundSession,
  { agentId }: Filter,
  { connection, view }: MethodContext,
): void {
  const key = connection.keyOf(session.key);
  if (key === undefined || rows.has(key)) return;
  if (agentId === undefined || isOfAgent(key, agentId))
    rows.set(key, toSessionRow(key, session, view.verboseLevels));
}

/** Returns the newest session of a key, or `undefined` if none has a message yet. */
export async function findSession(
  key: string,
  { connection }: MethodContext,
  archived = false,
): Promise<SessionSummary | undefined> {
  const list = { type: "list", key, limit: 1, archived } as const;
  const { sessions } = await perform(connection, list, "sessions");
  return sessions[0];
}

/** Returns the row of the session that a key names, or `undefined` if it has no message yet. */
export async function findRow(key: string, context: MethodContext): Promise<SessionRow | undefined> {
  const session = await findSession(key, context);
  return session && toSessionRow(key, session, context.view.verboseLevels);
}

const describeSession: Method = async (params, context) => {
  const key = readKey(params, "key");
  const row = await findRow(key, context);
  // A session without messages is in no list. A client that follows it knows it.
  const followed = row ? undefined : await context.feeds.find(key);
  return {
    session: row ?? (followed ? toEmptyRow(key, followed.sessionId, context.view.verboseLevels) : null),
  };
};

const previewSessions: Method = async (params, context) => {
  const limit = params.optionalInteger("limit", { min: 1 }) ?? DEFAULT_PREVIEW;
  const previews: object[] = [];
  // As many as OpenClaw's own gateway returns.
  for (const name of params.texts("keys").slice(0, MAX_PREVIEWS)) {
    const key = toFullKey(name);
    const isKnown = (await findRow(key, context)) !== undefined;
    const messages = isKnown ? (await loadMessages(key, limit, context)).messages : [];
    const items = messages.map(({ role, content: text }) => ({ role, text }));
    previews.push({ key: name, status: isKnown ? "ok" : "missing", items });
  }
  return { ts: Date.now(), previews };
};

const subscribe: Method = async (params, context) => {
  context.view.isSubscribed = true;
  if (params.names().length === 0) return { subscribed: true };
  return { subscribed: true, list: await list(params, context) };
};

const subscribeToMessages: Method = async (params, { feeds }) => {
  const key = readKey(params, "key");
  await feeds.follow(key);
  return { subscribed: true, key };
};

const unsubscribeFromMessages: Method = (params, { feeds }) => {
  const key = readKey(params, "key");
  feeds.end(key);
  return { subscribed: false, key };
};

export const listMethods: Readonly<Record<string, Method>> = {
  "sessions.list": listSessions,
  "sessions.describe": describeSession,
  "sessions.preview": previewSessions,
  "sessions.subscribe": subscribe,
  "sessions.messages.subscribe": subscribeToMessages,
  "sessions.messages.unsubscribe": unsubscribeFromMessages,
};
