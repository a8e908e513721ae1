import type { ApprovalDecision, MessageMode, OutcomeItem } from "@mini-openclaw/protocol";
import type { WaitingRow } from "../rows/row.ts";
import type { FrameTexts } from "./frame-texts.ts";

/** A language that the page speaks. */
export type Language = "en" | "zh-CN";

/** Every word that the page shows, in one language. */
export interface Texts extends FrameTexts {
  language: Language;
  newChat: string;
  sessions: string;
  moreSessions: string;
  sessionRuns: string;
  sessionUnread: string;
  connecting: string;
  connected: string;
  offline: string;
  locked: string;
  draining: string;
  lost: string;
  retryingIn: (seconds: number) => string;
  unreachable: string;
  retryNow: string;
  tokenQuestion: string;
  tokenSend: string;
  tokenWrong: string;
  demoNotice: string;
  demoExplanation: string;
  welcome: string;
  welcomeHint: string;
  suggestions: readonly string[];
  demoSuggestions: readonly string[];
  message: string;
  placeholder: string;
  send: string;
  stop: string;
  stopping: string;
  keys: string;
  keysWhileRunning: string;
  modeQuestion: string;
  modes: Record<MessageMode, { name: string; explanation: string }>;
  conversation: string;
  you: string;
  assistant: string;
  loadEarlier: string;
  toNewest: string;
  copy: string;
  copied: string;
  notCopied: string;
  copyAnswer: string;
  answerAgain: string;
  tryAgain: string;
  fork: string;
  forkHint: string;
  /** With a number of tokens. */
  tokens: Record<"input" | "output" | "cacheRead" | "cacheWrite" | "total", (count: string) => string>;
  priceUnknown: string;
  /** Names a code block, by its language if it tells one. */
  code: (language: string) => string;
  thinking: string;
  thoughts: string;
  compaction: string;
  compactionHint: string;
  waiting: Record<WaitingRow["phase"], string>;
  sendAgain: string;
  discard: string;
  callOff: string;
  calledOff: string;
  partial: Record<"aborted" | "interrupted", string>;
  tool: Record<"called" | "running" | "done" | "failed", string>;
  waitsForYou: string;
  asksFor: (reason: string) => string;
  decisions: Record<ApprovalDecision, string>;
  toolOutput: string;
  showAll: (lines: number) => string;
  showLess: string;
  /** Names the diff of a replacement. */
  change: string;
  exitCode: (code: number) => string;
  /** With how many calls, and the names of the tools. */
  toolsRan: (count: number, names: string) => string;
  toolsFailed: (count: number) => string;
  noOutput: string;
  retrying: (attempt: number) => string;
  outcome: Record<OutcomeItem["outcome"], string>;
  /** By code; other errors are shown in the gateway's words. */
  errors: Readonly<Record<string, string>>;
}
