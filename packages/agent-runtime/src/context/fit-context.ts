import { filesOf, type Message, type ToolMessage, type UserMessage } from "@mini-openclaw/protocol";
import { estimateMessage, estimateMessages } from "../budget/estimate-tokens.ts";
import { cutMiddle } from "../shared/cut-text.ts";
import { isCompaction } from "./context.ts";

/** UTF-16 units of an old tool result that was trimmed: enough to recall its subject. */
const TRIMMED_RESULT_CHARS = 1000;

/** Where nothing else helps, a long message is trimmed to this many UTF-16 units. */
const TRIMMED_MESSAGE_CHARS = 4000;

/**
 * The newest messages are trimmed last, because the model is at work on them: a turn with a few
 * tool calls.
 */
const UNTRIMMED_MESSAGES = 6;

/**
 * The share of the limit that is freed at a time. What is trimmed near the beginning makes a
 * model's server write all behind it to its cache anew, so it must not happen at every request.
 */
const SLACK = 0.35;

/** The messages that fit, and how much was cut from them. */
export interface FittedContext {
  readonly messages: readonly Message[];
  /** Tokens that had to be freed, or 0 where all messages fit. It grows in steps. */
  readonly cutTokens: number;
}

/**
 * Returns the messages, made to cost at most `maxTokens`:
 * 1. Big tool results are trimmed, the oldest first.
 * 2. The oldest messages are left out. The newest messages and the summary stay, and a call stays
 *    with its result.
 * 3. The newest results and long messages are trimmed.
 *
 * Pure. What is cut depends on steps of `maxTokens` only: from turn to turn the same things are cut
 * until the next step.
 */
export function fitContext(messages: readonly Message[], maxTokens: number): FittedContext {
  const excess = estimateMessages(messages) - maxTokens;
  if (excess <= 0) return { messages, cutTokens: 0 };
  const step = Math.max(1, maxTokens * SLACK);
  const cutTokens = Math.ceil(Math.ceil(excess / step) * step);
  const { trimmed, freed } = trimOldResults(messages, cutTokens);
  const kept = freed >= cutTokens ? trimmed : shorten(messages, cutTokens);
  return { messages: estimateMessages(kept) > maxTokens ? trimAll(kept, maxTokens) : kept, cutTokens };
}

/**
 * Leaves out the oldest messages, and trims results among the others if that is not enough. What is
 * left out does not depend on the trimming, which changes as results grow old.
 */
function shorten(messages: readonly Message[], cutTokens: number): readonly Message[] {
  const kept = leaveOut(messages, cutTokens);
  const missing = cutTokens - (estimateMessages(messages) - estimateMessages(kept));
  return missing > 0 ? trimOldResults(kept, missing).trimmed : kept;
}

function trimOldResults(messages: readonly Message[], cutTokens: number) {
  let freed = 0;
  const trimmed = messages.map((message, index) => {
    const isOld = index < messages.length - UNTRIMMED_MESSAGES;
    if (freed >= cutTokens || !isOld || message.role !== "tool") return message;
    const shorter = shortened(message, TRIMMED_RESULT_CHARS);
    freed += Math.max(0, estimateMessage(message) - estimateMessage(shorter));
    return shorter;
  });
  return { trimmed, freed };
}

/** Returns a message with less text, and a line in place of each file. */
function shortened(message: Message, maxChars: number): Message {
  const content = cutMiddle(message.content, maxChars);
  if (!hasFiles(message)) return { ...message, content };
  const { blocks: _, ...rest } = message;
  return { ...rest, content };
}

function hasFiles(message: Message): message is UserMessage | ToolMessage {
  return (message.role === "user" || message.role === "tool") && filesOf(message) !== undefined;
}

function leaveOut(messages: readonly Message[], tokens: number): readonly Message[] {
  const summary = messages.slice(0, isCompaction(messages[0]) ? 1 : 0);
  const others = messages.slice(summary.length);
  return [...summary, ...others.slice(firstKept(others, tokens))];
}

/**
 * Returns the index of the first user message before which so many tokens stand, else that of the
 * last user message.
 */
function firstKept(messages: readonly Message[], tokens: number): number {
  let before = 0;
  let kept = 0;
  for (const [index, message] of messages.entries()) {
    if (message.role === "user") kept = index;
    if (kept === index && before >= tokens) break;
    before += estimateMessage(message);
  }
  return kept;
}

/** Trims the newest results, and then all long messages, the oldest first, until the rest fits. */
function trimAll(messages: readonly Message[], maxTokens: number): readonly Message[] {
  let excess = estimateMessages(messages) - maxTokens;
  const trim = (message: Message, maxChars: number): Message => {
    if (excess <= 0 || (message.content.length <= maxChars && !hasFiles(message))) return message;
    const shorter = shortened(message, maxChars);
    excess -= estimateMessage(message) - estimateMessage(shorter);
    return shorter;
  };
  const results = messages.map((one) => (one.role === "tool" ? trim(one, TRIMMED_RESULT_CHARS) : one));
  return results.map((one) => (one.role === "assistant" ? one : trim(one, TRIMMED_MESSAGE_CHARS)));
}
