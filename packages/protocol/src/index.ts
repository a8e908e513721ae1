export type {
  AbortCommand,
  ApproveCommand,
  AuthCommand,
  ClientEvent,
  CreateCommand,
  ForkCommand,
  HistoryCommand,
  ListCommand,
  MessageCommand,
  MessageMode,
  PingCommand,
  RenameCommand,
  ResumeCommand,
  RetryCommand,
  SearchCommand,
  ShelfCommand,
  UnwatchCommand,
} from "./client-events.ts";
export type { RunEnding, RunProgress } from "./close-run.ts";
export { beginRun, closeRun, nextRun } from "./close-run.ts";
export { toEntry, toEvent, toSessionEvent } from "./convert.ts";
export type { ErrorCode } from "./errors.ts";
export { errorCodes } from "./errors.ts";
export type {
  AgentErrorEvent,
  ApprovalDecision,
  ApprovalDoneEvent,
  ApprovalRequestEvent,
  AssistantMessageEvent,
  ChunkEvent,
  CompactionEvent,
  KeptEvent,
  LiveEvent,
  MessageDoneEvent,
  MessageQueuedEvent,
  NumberedEvent,
  RetryEvent,
  RetryRequest,
  RunEndEvent,
  RunErrorEvent,
  RunEvent,
  RunStartEvent,
  SessionEvent,
  SessionUpdatedEvent,
  ThinkingEvent,
  ToolDoneEvent,
  ToolOutputEvent,
  ToolStartEvent,
  UserMessageEvent,
} from "./events.ts";
export type { SessionFrame } from "./fold.ts";
export { fold } from "./fold.ts";
export type { Limits } from "./limits.ts";
export { defaultLimits } from "./limits.ts";
export type {
  AssistantMessage,
  ContentBlock,
  Message,
  PartialReason,
  RunOutcome,
  SystemMessage,
  ToolCallRecord,
  ToolMessage,
  Usage,
  UserMessage,
} from "./messages.ts";
export type {
  AgentInput,
  AgentRunner,
  AppendOptions,
  CreateSessionOptions,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  ModelAsking,
  ModelEvent,
  ModelProvider,
  ModelRequest,
  ModelTool,
  ModelToolCall,
  Numbered,
  SearchHit,
  SearchSessionsOptions,
  SessionLog,
  SessionPage,
  SessionStore,
  SystemPrompt,
} from "./ports.ts";
export type {
  AckEvent,
  CommandErrorEvent,
  ConnectedEvent,
  DrainingEvent,
  FoundSession,
  HistoryEvent,
  PongEvent,
  ResumedEvent,
  ResyncEvent,
  ServerEvent,
  SessionDeletedEvent,
  SessionSummary,
  SessionSummaryEvent,
  SessionsEvent,
} from "./server-events.ts";
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
} from "./session-view.ts";
export { emptyView } from "./session-view.ts";
export type {
  AssistantEntry,
  Entry,
  MessageEntry,
  RunEndEntry,
  SessionHeader,
  SessionMeta,
  SessionUpdatedEntry,
  SystemEntry,
  ToolEntry,
  UserEntry,
} from "./transcript.ts";
export { isMessageEntry, TRANSCRIPT_VERSION } from "./transcript.ts";
export { addUsage, noUsage } from "./usage.ts";
