import type { ContentBlockParam } from "@anthropic-ai/sdk/resources/messages";

export type Turn = { role: "user" | "assistant"; content: ContentBlockParam[] };

/** The API allows four breakpoints in a request. One stands behind the system prompt. */
const MAX_BREAKPOINTS = 3;

/**
 * Marks up to three of these messages for the cache:
 * - the end of the request
 * - the end of the request before it, so that a turn with many blocks finds it
 * - the last answer before the run
 * - the answer before that, which the previous run's requests marked
 *
 * The API looks back 20 blocks from a breakpoint, and a run of several rounds has more.
 * Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function markForCache(turns: readonly Turn[]): void {
  const last = turns.length - 1;
  const answers = turns.flatMap((turn, index) => (isAnswer(turn) ? [index] : [])).slice(-2);
  const isGoingOn = turns.slice((answers.at(-1) ?? -1) + 1).some(({ role }) => role === "assistant");
  // In the first request of a run, the requests of the run before it matter. Later, the request
  // before does.
  const wanted = isGoingOn ? [last, last - 2, ...answers.reverse()] : [last, ...answers.reverse()];
  const marked = new Set<number>();
  for (const index of wanted) {
    if (index < 0 || marked.size === MAX_BREAKPOINTS || marked.has(index)) continue;
    if (mark(turns[index])) marked.add(index);
  }
}

/** A turn of the model without tool calls: the end of a run. */
function isAnswer({ role, content }: Turn): boolean {
  return role === "assistant" && !content.some(({ type }) => type === "tool_use");
}

/** Thinking cannot carry a breakpoint. */
function mark(turn: Turn | undefined): boolean {
  const block = turn?.content.at(-1);
  if (block?.type !== "text" && block?.type !== "tool_result" && block?.type !== "tool_use") return false;
  block.cache_control = { type: "ephemeral" };
  return true;
}
