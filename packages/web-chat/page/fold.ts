import type { CommandErrorEvent, ConnectedEvent, NumberedEvent, ServerEvent } from "@mini-openclaw/protocol";
import { toEntry } from "@mini-openclaw/protocol";
import { type Chat, emptyChat, type Item, refuseMessage, type WaitingMessage } from "./chat.ts";
import { withHistory } from "./history.ts";
import { addEntry, endRun, nextItems, putItem, streamText } from "./items.ts";

/** Pure: what the page shows after one more frame. Frames of other sessions and repeated events change nothing. */
export function nextChat(chat: Chat, event: ServerEvent): Chat {
  if ("seq" in event) {
    if (event.sessionId !== chat.sessionId || event.seq <= chat.lastSeq) return chat;
    return nextInSession({ ...chat, lastSeq: event.seq }, event);
  }
  switch (event.type) {
    case "connected":
      return connected(chat, event);
    case "ack": {
      const { replyTo, runId, sessionId, position } = event;
      const phase = position > 0 ? "queued" : "accepted";
      const waiting = chat.waiting.map((one) =>
        one.id === replyTo ? ({ ...one, phase, runId } as const) : one,
      );
      return inSession({ ...chat, waiting }, sessionId);
    }
    case "history":
      return event.sessionId === chat.sessionId ? withHistory(chat, event) : chat;
    case "error":
      return refused(chat, event);
    case "pong":
    case "resumed":
    case "resync":
    case "sessions":
    case "draining":
      return chat;
  }
}

function connected(chat: Chat, { sessionId, limits }: ConnectedEvent): Chat {
  const next = inSession(chat, sessionId);
  return {
    ...next,
    limits,
    // Numbers are compared within one connection: a gateway that lost its newest ones may give them again.
    lastSeq: 0,
    // What ended meanwhile is not told again; the history and the next event say what still goes on.
    activeRuns: [],
    stopping: undefined,
    items: next.items.map((item) =>
      item.kind === "assistant" && item.streaming ? { ...item, broken: true } : item,
    ),
  };
}

/** The same chat, or the beginning of another one that takes along what was not accepted yet. */
function inSession(chat: Chat, sessionId: string): Chat {
  if (chat.sessionId === sessionId) return chat;
  const waiting = chat.waiting.filter(({ phase, runId }) => runId === undefined || phase === "accepted");
  return { ...emptyChat, sessionId, limits: chat.limits, waiting };
}

function refused(chat: Chat, event: CommandErrorEvent): Chat {
  const { replyTo, code, message } = event;
  // The run that was to be stopped had ended already.
  if (code === "RUN_NOT_FOUND") return { ...chat, activeRuns: [], stopping: undefined };
  if (replyTo !== undefined && chat.waiting.some(({ id }) => id === replyTo)) {
    return refuseMessage(chat, replyTo, { code, message });
  }
  const item: Item = {
    kind: "error",
    key: `error:${replyTo ?? `${code}:${chat.items.length}`}`,
    seq: chat.lastSeq,
    runId: event.runId,
    code,
    message,
  };
  return { ...chat, items: putItem(chat.items, item) };
}

function nextInSession(chat: Chat, event: NumberedEvent): Chat {
  switch (event.type) {
    case "user_message": {
      const { runId, requestId } = event;
      const waiting = chat.waiting.filter((one) => one.runId !== runId && one.id !== requestId);
      return activate({ ...withEntry(chat, event), waiting }, runId);
    }
    case "message_queued":
      return queued(chat, event);
    case "session_updated":
      return { ...chat, title: event.title ?? chat.title };
    case "assistant_message":
    case "tool_done":
      return activate(withEntry(chat, event), event.runId);
    case "run_start":
    case "message_done":
      return activate(chat, event.runId);
    case "chunk":
    case "thinking": {
      // Of a run that was not known to go on, the beginning may have been missed.
      const isJoined = !chat.activeRuns.includes(event.runId);
      return activate({ ...chat, items: streamText(chat.items, event, isJoined) }, event.runId);
    }
    case "tool_start":
    case "tool_output":
    case "retry":
    case "error":
      return activate({ ...chat, items: nextItems(chat.items, event) }, event.runId);
    case "run_end":
      return {
        ...chat,
        items: endRun(chat.items, event),
        waiting: chat.waiting.filter(({ runId }) => runId !== event.runId),
        activeRuns: chat.activeRuns.filter((runId) => runId !== event.runId),
        stopping: chat.stopping === event.runId ? undefined : chat.stopping,
      };
  }
}

function withEntry(chat: Chat, event: NumberedEvent): Chat {
  const entry = toEntry(event);
  return entry && "role" in entry ? { ...chat, items: addEntry(chat.items, entry) } : chat;
}

function activate(chat: Chat, runId: string): Chat {
  return chat.activeRuns.includes(runId) ? chat : { ...chat, activeRuns: [...chat.activeRuns, runId] };
}

function queued(chat: Chat, event: Extract<NumberedEvent, { type: "message_queued" }>): Chat {
  const { runId, content, requestId, sessionId } = event;
  const isIt = (one: WaitingMessage) => one.id === requestId || one.runId === runId;
  const id = requestId ?? runId;
  const message: WaitingMessage = {
    kind: "waiting",
    key: `waiting:${id}`,
    id,
    content,
    runId,
    sessionId,
    phase: "queued",
    refusal: undefined,
  };
  return { ...chat, waiting: [...chat.waiting.filter((one) => !isIt(one)), message] };
}
