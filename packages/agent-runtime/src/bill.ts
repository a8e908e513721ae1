import { type ModelEvent, noUsage, type Usage } from "@mini-openclaw/protocol";
import { estimateTokens } from "./estimate-tokens.ts";
import { addedUp } from "./spending.ts";

/**
 * What one request cost. Of a turn that was cut short a server says only the beginning, and some say nothing at all: the rest
 * is estimated, so that no brake is blind.
 */
export function createBill(promptTokens: number) {
  let said: Usage | undefined;
  let isComplete = false;
  let isAnswered = false;
  let shownText = "";
  return {
    add(event: ModelEvent): void {
      isAnswered = true;
      if (event.type === "text" || event.type === "thinking") shownText += event.text;
      else if (event.usage && addedUp(event.usage) > 0) said = event.usage;
      isComplete = event.type === "turn";
    },
    /** Nothing is when the server answered nothing. */
    isDue: () => isAnswered,
    usage(): Usage {
      if (said && isComplete) return said;
      const usage = said ?? { ...noUsage, inputTokens: promptTokens };
      return { ...usage, outputTokens: Math.max(usage.outputTokens, estimateTokens(shownText)) };
    },
  };
}
