import type { Message } from "@mini-openclaw/protocol";
import { estimateMessage, estimateMessages } from "../budget/estimate-tokens.ts";
import { cutMiddle } from "../shared/cut-text.ts";
import { isCompaction } from "./context.ts";

/** What an old tool result is trimmed to, in UTF-16 units. Chosen: enough to recall what it was about. */
const TRIMMED_RESULT_CHARS = 1000;

/** The newest messages are never trimmed: the model is at work on them. Chosen: a turn with a few tool calls. */
const UNTRIMMED_MESSAGES = 6;

/**
 * The messages, made to cost at most `maxTokens` if that is possible: big tool results are trimmed, the oldest first; if
 * that is not enough, the oldest messages are left out, never a call without its result, nor the newest messages, nor the
 * summary of what came before them.
 *
 * Pure. Returns the same array when they fit as they are.
 */
export function fitContext(messages: readonly Message[], maxTokens: number): readonly Message[] {
  let excess = estimateMessages(messages) - maxTokens;
  if (excess <= 0) return messages;
  const trimmed = messages.map((message, place) => {
    const isOld = place < messages.length - UNTRIMMED_MESSAGES;
    if (excess <= 0 || !isOld || message.role !== "tool") return message;
    const shorter = { ...message, content: cutMiddle(message.content, TRIMMED_RESULT_CHARS) };
    excess -= estimateMessage(message) - estimateMessage(shorter);
    return shorter;
  });
  if (excess <= 0) return trimmed;
  const summary = trimmed.slice(0, isCompaction(trimmed[0]) ? 1 : 0);
  const others = trimmed.slice(summary.length);
  return [...summary, ...others.slice(firstKept(others, excess))];
}

/** The first user message before which `excess` tokens stand; else the last user message. */
function firstKept(messages: readonly Message[], excess: number): number {
  let before = 0;
  let kept = 0;
  for (const [place, message] of messages.entries()) {
    if (message.role === "user") kept = place;
    if (kept === place && before >= excess) break;
    before += estimateMessage(message);
  }
  return kept;
}
