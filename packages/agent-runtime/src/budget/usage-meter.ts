import { type ModelEvent, noUsage, type Usage } from "@mini-openclaw/protocol";
import { fieldOf } from "../shared/errors.ts";
import { toCount } from "../shared/token-count.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { totalTokens } from "./spending.ts";

/**
 * Measures the usage of one request. Of a turn that was cut short a server reports only the
 * beginning, and some servers report nothing at all. The rest is estimated, so that every limit
 * counts it.
 */
export class UsageMeter {
  readonly #promptTokens: number;
  #reported: Usage | undefined;
  #isComplete = false;
  #isAnswered = false;
  #shownText = "";

  constructor(promptTokens: number) {
    this.#promptTokens = promptTokens;
  }

  add(event: ModelEvent): void {
    this.#isAnswered = true;
    if (event.type !== "turn" && event.type !== "progress") this.#shownText += event.text;
    else {
      const usage = toUsage(event.usage);
      if (totalTokens(usage) > 0) this.#reported = usage;
    }
    this.#isComplete = event.type === "turn";
  }

  /** Returns the usage so far, or `undefined` where the server answered nothing. */
  usage(): Usage | undefined {
    if (!this.#isAnswered) return undefined;
    if (this.#reported && this.#isComplete) return this.#reported;
    const begun = this.#reported ?? { ...noUsage, inputTokens: this.#promptTokens };
    return { ...begun, outputTokens: Math.max(begun.outputTokens, estimateTokens(this.#shownText)) };
  }
}

/** Returns a usage of whole numbers from 0 on, whatever a provider reported. */
function toUsage(given: unknown): Usage {
  const count = (name: keyof Usage) => toCount(fieldOf(given, name)) ?? 0;
  return {
    inputTokens: count("inputTokens"),
    outputTokens: count("outputTokens"),
    cacheReadTokens: count("cacheReadTokens"),
    cacheWriteTokens: count("cacheWriteTokens"),
  };
}
