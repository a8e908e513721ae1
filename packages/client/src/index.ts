export type { Client, SessionChange } from "./client.ts";
export { connect } from "./client.ts";
export type { Clock } from "./clock.ts";
export type { ConnectOptions, TokenSource } from "./connect-options.ts";
export type { ConnectionState } from "./connection-state.ts";
export type { ClientErrorCode } from "./errors.ts";
export { ClientError } from "./errors.ts";
export type { OutgoingMessage } from "./outbox.ts";
export type { AnswerTo, SessionQuestion } from "./requests.ts";
export type {
  Accepted,
  HistoryOptions,
  SendOptions,
  Session,
  SessionSnapshot,
  WatchedEvent,
} from "./session.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";
