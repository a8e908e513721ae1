export type { AgentInput, AgentRunner, RunFailure, SessionStore } from "@mini-openclaw/protocol";
export type { TextAnswer, TextInput } from "./agents/text-agent.ts";
export { textAgent } from "./agents/text-agent.ts";
export type { AccessOptions } from "./auth/access.ts";
export type { ConnectionLimits } from "./auth/connection-limits.ts";
export type { NameRule } from "./auth/name-rules.ts";
export type { Action, Attempt, Authorize } from "./commands/permissions.ts";
export { ownerOnly } from "./commands/permissions.ts";
export type { RetrySubmission, Submission, Submitted } from "./commands/submit.ts";
export type {
  Authentication,
  Dialect,
  DialectCommand,
  DialectConnection,
  PerformOptions,
  Reading,
  Readings,
  Translator,
} from "./connection/dialect.ts";
export type { FormConnection, FormRequest, HttpForm } from "./http/form/http-form.ts";
export type { MetricsSource } from "./observe/answer-metrics.ts";
export type {
  ConnectionDiagnostic,
  FailureDiagnostic,
  RefusalDiagnostic,
  RunDiagnostic,
  SlowWatcherDiagnostic,
} from "./observe/channels.ts";
export type { LogFields, Logger } from "./observe/logger.ts";
export type { RunResult } from "./run/run-types.ts";
export { GatewayServer } from "./server/gateway-server.ts";
export type { ListenOptions } from "./server/listen.ts";
export type {
  AcceptOptions,
  AttachOptions,
  CloseOptions,
  GatewayOptions,
  HandleRequestOptions,
  SpeakOptions,
  UpgradeSource,
} from "./server/options.ts";
export type { Health } from "./server/probes.ts";
export type { PartStatus, Readiness } from "./server/readiness.ts";
export type { GatewayErrorCode } from "./shared/errors.ts";
export { GatewayError } from "./shared/errors.ts";
export type { Principal } from "./shared/principal.ts";
export type { WebSocketLike } from "./socket/web-socket.ts";
