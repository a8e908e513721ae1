export type { RunEnding, RunProgress } from "./close-run.ts";
export { beginRun, closeRun, nextRun } from "./close-run.ts";
export { toEntry, toEvent } from "./convert.ts";
export type { ErrorCode } from "./errors.ts";
export { errorCodes } from "./errors.ts";
export type {
  AssistantMessageEvent,
  ChunkEvent,
  KeptEvent,
  LiveEvent,
  MessageDoneEvent,
  MessageQueuedEvent,
  NumberedEvent,
  RetryEvent,
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
  ListSessionsOptions,
  LoadMessagesOptions,
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
  AssistantItem,
  ErrorItem,
  OutcomeItem,
  QueuedMessage,
  RetryItem,
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
export type {
  AbortCommand,
  AckEvent,
  ClientEvent,
  CommandErrorEvent,
  ConnectedEvent,
  CreateCommand,
  DrainingEvent,
  ForkCommand,
  HistoryCommand,
  HistoryEvent,
  ListCommand,
  MessageCommand,
  MessageMode,
  PingCommand,
  PongEvent,
  RenameCommand,
  ResumeCommand,
  ResumedEvent,
  ResyncEvent,
  SearchCommand,
  ServerEvent,
  SessionActivityEvent,
  SessionDeletedEvent,
  SessionSummary,
  SessionsEvent,
  ShelfCommand,
  UnwatchCommand,
} from "./wire.ts";
