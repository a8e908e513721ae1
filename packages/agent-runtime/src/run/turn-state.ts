import type {
  AgentInput,
  AssistantMessage,
  Message,
  ModelRequest,
  ModelTool,
  ModelToolCall,
  SystemPrompt,
} from "@mini-openclaw/protocol";
import { costOf, type ModelPrice } from "../budget/prices.ts";
import type { Tool } from "../tool-calls/define-tool.ts";
import type { CallIds } from "./call-ids.ts";
import type { Turn } from "./stream-turn.ts";

const noMoreTools = "No more tools can be called in this run. Answer now, with what you have.";

/**
 * Use of tools in a request: allowed, refused by a note, or absent from the request.
 */
export type ToolUse = "allowed" | "refused" | "absent";

/** Returns the tools of a run: not those that need a function which it does not have. */
export function offeredTools(tools: ReadonlyMap<string, Tool>, input: AgentInput): Map<string, Tool> {
  const isOffered = ({ definition: { needs } }: Tool) => needs === undefined || input[needs] !== undefined;
  return new Map([...tools].filter(([, tool]) => isOffered(tool)));
}

/** Returns the tools as a model gets them. */
export function modelTools(tools: ReadonlyMap<string, Tool>): ModelTool[] {
  return [...tools.values()].map(({ model }) => model);
}

/** Returns the request of a run's next turn. */
export function toModelRequest(
  system: SystemPrompt,
  messages: readonly Message[],
  tools: readonly ModelTool[],
  use: ToolUse,
  thinkingFrom = messages.length,
): ModelRequest {
  const toldToAnswer: Message = { role: "system", content: noMoreTools, timestamp: 0 };
  return {
    system,
    // At the end, where it changes nothing that the model's server has in its cache.
    messages: use === "allowed" ? messages : [...messages, toldToAnswer],
    tools: use === "absent" ? [] : tools,
    toolChoice: use === "allowed" ? "auto" : "none",
    thinkingFrom,
  };
}

/** Returns the turn with an id of its own for each call. */
export function withUniqueCallIds(turn: Turn, callIds: CallIds): Turn {
  const renamed = new Map<string, string[]>();
  const toolCalls = turn.toolCalls.map((call, index) => {
    const callId = callIds.idAt(index, call.callId);
    renamed.set(call.callId, [...(renamed.get(call.callId) ?? []), callId]);
    return { ...call, callId };
  });
  const blocks = turn.blocks?.map((block) =>
    block.type === "tool_call"
      ? { ...block, callId: renamed.get(block.callId)?.shift() ?? block.callId }
      : block,
  );
  return { ...turn, toolCalls, ...(blocks && { blocks }) };
}

/** Returns true if the turn stopped at a limit of tokens, and is not complete. */
export function isCut({ stopReason }: Pick<Turn, "stopReason">): boolean {
  return stopReason === "max_tokens" || stopReason === "model_context_window_exceeded";
}

/** Returns true if the turn has text for the user. */
export function hasText({ content }: Pick<Turn, "content">): boolean {
  return content.trim() !== "";
}

/**
 * Returns the calls of a turn. One that the token limit cut short must not run, even where what is
 * left of it parses.
 */
export function executableCalls(turn: Turn): ModelToolCall[] {
  const last = turn.toolCalls.at(-1);
  if (!isCut(turn) || !last) return turn.toolCalls;
  return [...turn.toolCalls.slice(0, -1), { ...last, refusal: cutCall(turn) }];
}

function cutCall({ usage }: Turn): string {
  return `Your answer reached its limit of ${usage.outputTokens} tokens in the middle of this call, so the call was not made. Write less at a time: split long content into several calls, each well below that limit.`;
}

/** Returns the note for a model whose answer was cut, or empty. */
export function continueNote(turn: Turn): string {
  const { usage } = turn;
  if (hasText(turn)) {
    return `Your answer was cut at its limit of ${usage.outputTokens} tokens. Go on exactly where it stops. Repeat nothing, and say nothing of the cut.`;
  }
  if (!isCut(turn)) return "Your last turn had no text. Answer the user now.";
  return `You reached the limit of ${usage.outputTokens} tokens while you were thinking. Think less, and answer the user now.`;
}

/** Returns what is kept of a turn: the fields of its assistant message. */
export function toFields(
  turn: Turn,
  price: ModelPrice | undefined,
  timestamp: number,
): Omit<AssistantMessage, "role"> {
  const { content, toolCalls, blocks, stopReason, model, usage } = turn;
  return {
    content,
    timestamp,
    ...(toolCalls.length > 0 && {
      toolCalls: toolCalls.map(({ callId, toolName, input, extra }) => ({
        callId,
        toolName,
        input,
        ...(extra && { extra }),
      })),
    }),
    ...(blocks && { blocks }),
    stopReason,
    model,
    usage,
    ...(price && { costUsd: costOf(usage, price) }),
  };
}
