import type { AssistantMessage, Message } from "@mini-openclaw/protocol";
import { cutMiddle } from "./cut-text.ts";

/** What an old tool result is trimmed to, in UTF-16 units. Chosen: enough to recall what it was about. */
const TRIMMED_RESULT_CHARS = 1000;

/** The newest messages are never trimmed: the model is at work on them. Chosen: a turn with a few tool calls. */
const UNTRIMMED_MESSAGES = 6;

/**
 * Roughly how many tokens a text costs: a quarter of its UTF-8 bytes, which is close for English and Chinese alike and a
 * third too high for code. Only the model's server knows.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

function estimateMessages(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + estimateMessage(message), 0);
}

/**
 * The messages, made to cost at most `maxTokens` if that is possible: big tool results are trimmed, the oldest first; if
 * that is not enough, the oldest messages are left out, never a call without its result nor the newest messages.
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
  return trimmed.slice(firstKept(trimmed, excess));
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

function estimateMessage(message: Message): number {
  const inputs = message.role === "assistant" ? estimateCalls(message) : 0;
  return estimateTokens(message.content) + inputs + estimateBlocks(message);
}

function estimateCalls({ toolCalls = [] }: AssistantMessage): number {
  return toolCalls.length === 0 ? 0 : estimateTokens(JSON.stringify(toolCalls.map(({ input }) => input)));
}

/** An image costs about its pixels by 750; 1,600 tokens is the most. Source: the Messages API's guide to vision. */
const IMAGE_TOKENS = 1600;

function estimateBlocks(message: Message): number {
  if (!("blocks" in message) || !message.blocks) return 0;
  return message.blocks.reduce((sum, block) => {
    if (block.type === "thinking") return sum + estimateTokens(block.text);
    return block.type === "image" ? sum + IMAGE_TOKENS : sum;
  }, 0);
}
