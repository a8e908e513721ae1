export type { AgentInput, AgentRunner, SessionStore } from "@mini-openclaw/protocol";
export type { AccessOptions } from "./access.ts";
export type { WebSocketLike } from "./connection.ts";
export type { ConnectionLimits } from "./connection-limits.ts";
export type { Dialect, Reading, Translator } from "./dialect.ts";
export type { GatewayErrorCode } from "./errors.ts";
export { GatewayError } from "./errors.ts";
export type {
  AttachOptions,
  CloseOptions,
  GatewayOptions,
  HandleRequestOptions,
  UpgradeSource,
} from "./gateway-options.ts";
export { GatewayServer } from "./gateway-server.ts";
export type { Health } from "./http-routes.ts";
export type { ListenOptions } from "./listen.ts";
export type { MetricsSource } from "./observe/answer-metrics.ts";
export type {
  ConnectionDiagnostic,
  FailureDiagnostic,
  RefusalDiagnostic,
  RunDiagnostic,
  SlowWatcherDiagnostic,
} from "./observe/channels.ts";
export type { LogFields, Logger } from "./observe/logger.ts";
export type { Action, Attempt, Authorize } from "./permissions.ts";
export { ownerOnly } from "./permissions.ts";
export type { Readiness } from "./readiness.ts";
export type { RetrySubmission, RunFailure, RunResult, Submission, Submitted } from "./submit.ts";
export type { Principal } from "./visitor.ts";
