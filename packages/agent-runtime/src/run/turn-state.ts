import type { AssistantMessage, Message, ModelRequest, SystemPrompt } from "@mini-openclaw/protocol";
import { costOf, type ModelPrice } from "../budget/prices.ts";
import type { Tool } from "../tool-calls/define-tool.ts";
import type { Turn } from "./stream-turn.ts";

const noMoreTools = "No more tools can be called in this run. Answer now, with what you have.";

/** The request of a run's next turn. */
export function toRequest(
  system: SystemPrompt,
  messages: readonly Message[],
  tools: ReadonlyMap<string, Tool>,
  mayCallTools: boolean,
  thinkingFrom = messages.length,
): ModelRequest {
  const toldToAnswer: Message = { role: "system", content: noMoreTools, timestamp: 0 };
  return {
    system,
    // At the end, where it changes nothing that the model's server has in its cache.
    messages: mayCallTools ? messages : [...messages, toldToAnswer],
    tools: [...tools.values()].map(({ model }) => model),
    toolChoice: mayCallTools ? "auto" : "none",
    thinkingFrom,
  };
}

/**
 * Gives a call whose id is empty or taken, by a call of the turn or of the messages before it, an id of its own: a result is
 * paired with its call by nothing else, and so is a user's decision.
 */
export function withOwnIds(turn: Turn, before: readonly Message[], createId: () => string): Turn {
  const taken = new Set<string | undefined>(["", ...before.flatMap(callIdsOf)]);
  const renamed = new Map<string, string[]>();
  const toolCalls = turn.toolCalls.map((call) => {
    const callId = taken.has(call.callId) ? createId() : call.callId;
    taken.add(callId);
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

function callIdsOf(message: Message): (string | undefined)[] {
  return message.role === "assistant" ? (message.toolCalls ?? []).map(({ callId }) => callId) : [];
}

/** The calls of a turn. One that the token limit cut short must not run, even where what is left of it parses. */
export function callableOf({ stopReason, toolCalls }: Turn): Turn["toolCalls"] {
  const last = toolCalls.at(-1);
  if (stopReason !== "max_tokens" || !last) return toolCalls;
  const invalidInput = last.invalidInput ?? JSON.stringify(last.input);
  return [...toolCalls.slice(0, -1), { ...last, invalidInput }];
}

/** What is kept of a turn: the fields of its assistant message. */
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
