import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type ModelProvider, noUsage } from "@mini-openclaw/protocol";

/** A story for the model to write. The message that orders it has it, so the answer is known. */
export interface Order {
  /** In each piece: no two stories are alike. */
  seed: number;
  pieces: number;
  /** Length of a piece, at least that of its number. */
  chars: number;
  /** Pause before each piece. */
  gapMs: number;
  /** After so many pieces it says nothing more, and does not end. */
  stopsAfter?: number;
  /** Calls the tool `note` first, which needs a user's approval. */
  asks?: boolean;
}

/** The pieces of a story. Each begins with its number, so that one that is missing or doubled can be named. */
export function storyOf({ seed, pieces, chars }: Order): string[] {
  return Array.from({ length: pieces }, (_, index) => `${seed}.${index} `.padEnd(chars, "·"));
}

/** Counts the pieces of a story that a text lacks, and those that it has more than once. */
export function compare(text: string, order: Order): { missing: number; doubled: number } {
  const counts = storyOf(order).map((piece) => text.split(piece).length - 1);
  return {
    missing: counts.filter((count) => count === 0).length,
    doubled: counts.filter((count) => count > 1).length,
  };
}

/** A model that streams, piece by piece, the story that the newest user message orders. */
export const pacedModel: ModelProvider = {
  model: "paced",
  async *stream({ messages }, { signal }) {
    const order = JSON.parse(messages.findLast(({ role }) => role === "user")?.content ?? "") as Order;
    if (order.asks && messages.at(-1)?.role === "user") {
      const toolCalls = [{ callId: `call-${order.seed}`, toolName: "note", input: {} }];
      yield { type: "turn", content: "", toolCalls, stopReason: "tool_use", usage: noUsage };
      return;
    }
    const pieces = storyOf(order);
    for (const [index, text] of pieces.entries()) {
      if (index === order.stopsAfter) await once(signal, "abort");
      if (order.gapMs > 0) await delay(order.gapMs);
      signal.throwIfAborted();
      yield { type: "text", text };
    }
    yield { type: "turn", content: pieces.join(""), toolCalls: [], stopReason: "end_turn", usage: noUsage };
  },
};
