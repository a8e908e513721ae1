import type { ApprovalDecision, MessageMode, OutcomeItem, TodoItem } from "@mini-openclaw/protocol";
import type { FrameTexts } from "./frame-texts.ts";

/** A language of the page. */
export type Language = "en" | "zh-CN";

/** All texts of the page, in one language. */
export interface Texts extends FrameTexts {
  language: Language;
  newChat: string;
  sessions: string;
  moreSessions: string;
  sessionRuns: string;
  sessionUnread: string;
  sessionAsks: string;
  /** The times of a chat's schedule, and its next time. */
  scheduled: (when: string, next: string | undefined) => string;
  /** The number of chats that wait for an approval, for the title of the window. */
  asking: (count: number) => string;
  connecting: string;
  connected: string;
  offline: string;
  locked: string;
  draining: string;
  lost: string;
  noNetwork: string;
  retryingIn: (seconds: number) => string;
  unreachable: string;
  retryNow: string;
  tokenQuestion: string;
  tokenSend: string;
  tokenWrong: string;
  unauthorized: string;
  demoNotice: string;
  demoExplanation: string;
  welcome: string;
  welcomeHint: string;
  suggestions: readonly string[];
  demoSuggestions: readonly string[];
  message: string;
  placeholder: string;
  /** The label of the button that attaches files. */
  attach: string;
  removeFile: (name: string) => string;
  enlarge: (name: string) => string;
  closeImage: string;
  fileMissing: (name: string) => string;
  /** The name of a file that has none. */
  unnamedFile: Record<"image" | "document", string>;
  fileTooLarge: (name: string, limit: string) => string;
  filesTooLarge: (limit: string) => string;
  tooManyFiles: (count: number) => string;
  fileUnreadable: (name: string) => string;
  send: string;
  stop: string;
  stopping: string;
  keys: string;
  keysWhileRunning: string;
  /** Shown where the reader types on a screen. */
  keysByTouch: string;
  modeQuestion: string;
  modes: Record<MessageMode, { name: string; explanation: string }>;
  conversation: string;
  you: string;
  assistant: string;
  loadEarlier: string;
  loadLater: string;
  toNewest: string;
  copy: string;
  copied: string;
  /** Labels of a code block's buttons. */
  wrap: string;
  /** The label of a table, which scrolls if it is wide. */
  table: string;
  download: string;
  notCopied: string;
  /** The labels of the button of a diagram, and its name. */
  draw: string;
  showCode: string;
  notDrawn: string;
  diagram: string;
  copyAnswer: string;
  copyMessage: string;
  editMessage: string;
  editHint: string;
  continueAnswer: string;
  /** The message that asks the model to continue. */
  continueMessage: string;
  answerAgain: string;
  versionBefore: string;
  versionAfter: string;
  versionHint: string;
  tryAgain: string;
  fork: string;
  forkHint: string;
  /** The texts for a number of tokens. */
  tokens: Record<"input" | "output" | "cacheRead" | "cacheWrite" | "total", (count: string) => string>;
  priceUnknown: string;
  /** The label of a code block with its language, which may be empty. */
  code: (language: string) => string;
  thinking: string;
  thoughts: string;
  compaction: string;
  compactionHint: string;
  waiting: Record<"unsent" | "sending" | "accepted" | "queued" | "steering" | "refused", string>;
  sendAgain: string;
  discard: string;
  cancel: string;
  canceled: string;
  partial: Record<"aborted" | "interrupted", string>;
  tool: Record<"called" | "running" | "done" | "failed" | "denied", string>;
  /** The state of a call while the model writes its input. */
  writesInput: string;
  waitsForYou: string;
  asksFor: (reason: string) => string;
  /** The purposes of calls by code. Others are shown with the agent's words. */
  purposes: Readonly<Record<string, (toolName: string, path: string) => string>>;
  decisions: Record<ApprovalDecision, string>;
  toolOutput: string;
  /** The link to the chat of the sub-agent that a call started. */
  openTask: string;
  /** The progress in the agent's list of steps. */
  steps: (done: number, total: number) => string;
  stepStates: Record<TodoItem["state"], string>;
  showAll: (lines: number) => string;
  showLess: string;
  /** The label of a diff. */
  change: string;
  exitCode: (code: number) => string;
  /** The summary of several calls with the names of their tools. */
  toolsRan: (count: number, names: string) => string;
  toolsFailed: (count: number) => string;
  noOutput: string;
  retrying: (attempt: number) => string;
  outcome: Record<OutcomeItem["outcome"], string>;
  /** The texts of errors by code. Other errors are shown with the gateway's message. */
  errors: Readonly<Record<string, string>>;
}
