export type {
  AssistantItem,
  CompactionItem,
  ErrorItem,
  OutcomeItem,
  QueuedMessage,
  RetryItem,
  RunCost,
  SessionView,
  ToolItem,
  UserItem,
  ViewItem,
} from "@mini-openclaw/protocol";
export type { Client, SessionChange } from "./client/client.ts";
export { connect } from "./client/client.ts";
export type { ConnectOptions, TokenSource } from "./connection/connect-options.ts";
export type { ConnectionState } from "./connection/connection-state.ts";
export type { AnswerTo, SessionRequest } from "./connection/requests.ts";
export type { WebSocketConstructor, WebSocketLike } from "./connection/web-socket.ts";
export type { ClientErrorCode } from "./lib/errors.ts";
export { ClientError } from "./lib/errors.ts";
export type { Clock } from "./lib/runtime.ts";
export type { OutgoingMessage } from "./session/outbox.ts";
export type {
  Accepted,
  HistoryOptions,
  SendOptions,
  Session,
  SessionSnapshot,
  WatchedEvent,
} from "./session/session.ts";
