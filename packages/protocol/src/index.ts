export type { AgentInput, AgentRunner } from "./ports/agent-runner.ts";
export type { Cluster, ClusterMember } from "./ports/cluster.ts";
export type { DirectIterator, TakeEvent } from "./ports/direct-iterator.ts";
export { takeDirectly } from "./ports/direct-iterator.ts";
export type {
  ModelCallOptions,
  ModelEvent,
  ModelOptions,
  ModelProvider,
  ModelRequest,
  ModelTool,
  ModelToolCall,
  SystemPrompt,
} from "./ports/model-provider.ts";
export type {
  AppendOptions,
  CreateSessionOptions,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  RecordedEvent,
  SearchHit,
  SearchSessionsOptions,
  SessionLog,
  SessionPage,
  SessionStore,
} from "./ports/session-store.ts";
export type { SharedSpend } from "./ports/shared-spend.ts";
export type { StartedTask, TaskRequest, TaskResult } from "./ports/tasks.ts";
export type { RunEnding, RunProgress } from "./run/close-run.ts";
export { beginRun, closeRun, nextRun } from "./run/close-run.ts";
export { toEntry, toEvent, toSessionEvent } from "./run/convert.ts";
export type {
  AgentErrorEvent,
  ApprovalDecision,
  ApprovalDoneEvent,
  ApprovalRequestEvent,
  AssistantMessageEvent,
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
  RunFailure,
  RunStartEvent,
  SessionEvent,
  SessionUpdatedEvent,
  TodoUpdatedEvent,
  ToolDoneEvent,
  ToolOutputEvent,
  ToolStartEvent,
  UserMessageEvent,
} from "./session/events.ts";
export { describeFile, fileBytes, filesOf, isFile, textOf } from "./session/files.ts";
export type {
  AssistantMessage,
  ContentBlock,
  DocumentBlock,
  FileBlock,
  ImageBlock,
  Message,
  PartialReason,
  RunCost,
  RunOutcome,
  SystemMessage,
  TodoItem,
  ToolCallRecord,
  ToolMessage,
  Usage,
  UserMessage,
} from "./session/messages.ts";
export { addUsage, noUsage } from "./session/messages.ts";
export type {
  BegunTurn,
  ChunkEvent,
  ThinkingEvent,
  ToolInputEvent,
} from "./session/streamed-events.ts";
export type {
  AssistantEntry,
  Entry,
  MessageEntry,
  ParentCall,
  RunEndEntry,
  SessionHeader,
  SessionMeta,
  SessionUpdatedEntry,
  SystemEntry,
  TodoUpdatedEntry,
  ToolEntry,
  UserEntry,
} from "./session/transcript.ts";
export { isMessageEntry, TRANSCRIPT_VERSION, titleOf, toHeader } from "./session/transcript.ts";
export type { MessageVersion } from "./session/versions.ts";
export { currentEntries, versionsOf } from "./session/versions.ts";
export type { SessionFrame } from "./view/fold.ts";
export { fold } from "./view/fold.ts";
export type {
  AssistantItem,
  CompactionItem,
  ErrorItem,
  OutcomeItem,
  QueuedMessage,
  RetryItem,
  SessionView,
  ToolItem,
  UserItem,
  ViewItem,
} from "./view/session-view.ts";
export { emptyView } from "./view/session-view.ts";
export type { MarkdownTexts } from "./view/to-markdown.ts";
export { toMarkdown } from "./view/to-markdown.ts";
export type {
  AbortCommand,
  ApprovalsCommand,
  ApproveCommand,
  AuthCommand,
  ClientEvent,
  CreateCommand,
  EditCommand,
  ForkCommand,
  HistoryCommand,
  InlineBlock,
  LifecycleCommand,
  ListCommand,
  MessageBlock,
  MessageCommand,
  MessageMode,
  PingCommand,
  RenameCommand,
  ResumeCommand,
  RetryCommand,
  SearchCommand,
  UnwatchCommand,
} from "./wire/client-events.ts";
export type { CloseReason } from "./wire/close-reasons.ts";
export { closeReasons } from "./wire/close-reasons.ts";
export type { ErrorCode } from "./wire/error-codes.ts";
export { errorCodes } from "./wire/error-codes.ts";
export type { Limits } from "./wire/limits.ts";
export { defaultLimits } from "./wire/limits.ts";
export type {
  AckEvent,
  ApprovalsEvent,
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
  WaitingApproval,
} from "./wire/server-events.ts";
