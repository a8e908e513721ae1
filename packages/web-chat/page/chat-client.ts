import type { ClientEvent, MessageCommand, ServerEvent } from "@mini-openclaw/protocol";
import {
  type Chat,
  currentRun,
  discardMessage,
  emptyChat,
  refuseMessage,
  submitMessage,
  type WaitingMessage,
} from "./chat.ts";
import { nextChat } from "./fold.ts";

/** The page's side of the wire: holds the chat, says what to send and when. Knows neither socket nor DOM. */
export interface ChatClient {
  readonly chat: Chat;
  /** A frame came. */
  readonly receive: (event: ServerEvent) => void;
  /** What was sent on the last connection, and not answered, may be lost. */
  readonly disconnected: () => void;
  readonly send: (content: string) => void;
  readonly sendAgain: (message: WaitingMessage) => void;
  readonly discard: (message: WaitingMessage) => void;
  /** Stops the run that goes on, if there is one. */
  readonly stop: () => void;
  readonly newChat: () => void;
  readonly loadEarlier: () => void;
}

export interface ChatClientParts {
  /** Sends a frame if there is a connection. */
  transmit: (event: ClientEvent) => void;
  onChange: (chat: Chat, event: ServerEvent | undefined) => void;
  createId: () => string;
}

// Chosen: a screenful or two; more come when they are asked for.
const historyLimit = 50;

export function createChatClient({ transmit, onChange, createId }: ChatClientParts): ChatClient {
  let chat = emptyChat;
  /** The question for the newest messages, until it is answered. */
  let historyId: string | undefined;
  // Only the history tells which messages of the last connection arrived: before it, none is sent.
  let isReady = false;
  /** Messages sent on this connection. */
  const sent = new Set<string>();

  function change(next: Chat, event?: ServerEvent): void {
    chat = next;
    onChange(chat, event);
  }
  function askNewest(sessionId: string): void {
    isReady = false;
    historyId = createId();
    transmit({ type: "history", id: historyId, sessionId, limit: historyLimit });
  }
  function sendWaiting(): void {
    if (!isReady) return;
    for (const message of chat.waiting) {
      if (message.phase !== "sending" || sent.has(message.id)) continue;
      sent.add(message.id);
      const event = toCommand(message);
      if (isTooLong(event, chat)) {
        change(refuseMessage(chat, message.id, { code: "MESSAGE_TOO_LONG", message: "" }));
      } else {
        transmit(event);
      }
    }
  }
  function submit(message: { id: string; content: string }): void {
    sent.delete(message.id);
    change(submitMessage(chat, message));
    sendWaiting();
  }

  return {
    get chat() {
      return chat;
    },
    receive(event) {
      const before = chat.sessionId;
      change(nextChat(chat, event), event);
      const { sessionId } = chat;
      if (sessionId === undefined) return;
      if (event.type === "connected" || sessionId !== before) askNewest(sessionId);
      else if ("replyTo" in event && event.replyTo === historyId) isReady = true;
      sendWaiting();
    },
    disconnected() {
      isReady = false;
      sent.clear();
    },
    send: (content) => submit({ id: createId(), content }),
    sendAgain: ({ id, content }) => submit({ id, content }),
    discard: ({ id }) => change(discardMessage(chat, id)),
    stop() {
      const { sessionId, stopping } = chat;
      const runId = currentRun(chat);
      if (sessionId === undefined || runId === undefined || stopping === runId) return;
      change({ ...chat, stopping: runId });
      transmit({ type: "abort", id: createId(), sessionId, runId });
    },
    newChat: () => transmit({ type: "create", id: createId() }),
    loadEarlier() {
      const { sessionId, oldestSeq } = chat;
      if (sessionId === undefined || oldestSeq === undefined) return;
      transmit({ type: "history", id: createId(), sessionId, before: oldestSeq, limit: historyLimit });
    },
  };
}

function toCommand({ id, content, sessionId }: WaitingMessage): MessageCommand {
  return { type: "message", id, content, ...(sessionId === undefined ? {} : { sessionId }) };
}

function isTooLong(event: MessageCommand, { limits }: Chat): boolean {
  return (
    limits !== undefined && new TextEncoder().encode(JSON.stringify(event)).length > limits.maxFrameBytes
  );
}
