import { type ModelEvent, noUsage, type Usage } from "@mini-openclaw/protocol";
import { estimateTokens } from "./estimate-tokens.ts";
import { addedUp } from "./spending.ts";

/**
 * What one request cost. Of a turn that was cut short a server says only the beginning, and some say nothing at all: the rest
 * is estimated, so that no brake is blind.
 */
export function createBill(promptTokens: number, settle: (usage: Usage | undefined) => void) {
  let said: Usage | undefined;
  let isComplete = false;
  let isAnswered = false;
  let isSettled = false;
  let shownText = "";
  const usage = (): Usage => {
    if (said && isComplete) return said;
    const begun = said ?? { ...noUsage, inputTokens: promptTokens };
    return { ...begun, outputTokens: Math.max(begun.outputTokens, estimateTokens(shownText)) };
  };
  return {
    usage,
    add(event: ModelEvent): void {
      isAnswered = true;
      if (event.type === "text" || event.type === "thinking") shownText += event.text;
      else if (event.usage && addedUp(event.usage) > 0) said = event.usage;
      isComplete = event.type === "turn";
    },
    /** Settles once; with nothing where the server answered nothing. */
    settle(): void {
      if (!isSettled) settle(isAnswered ? usage() : undefined);
      isSettled = true;
    },
  };
}
