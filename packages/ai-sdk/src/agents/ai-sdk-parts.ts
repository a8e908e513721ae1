import type { RunFailure, RunOutcome, Usage } from "@mini-openclaw/protocol";
import { toText } from "./run-writer.ts";

/** The end of a call, as far as it is known. */
export interface Ending {
  outcome: RunOutcome;
  usage: Usage;
  error?: RunFailure;
}

/** A tool call by name. */
export interface ToolRef {
  toolCallId: string;
  toolName: string;
}

/** A tool call. */
export interface Tool extends ToolRef {
  input: unknown;
  providerExecuted?: boolean;
}

interface Source {
  id: string;
  url?: string;
  title?: string;
  filename?: string;
}

/** A part of the stream of an agent, of those that a run needs. */
export type KnownPart =
  | { type: "text-delta" | "reasoning-delta"; id: string; text: string }
  | { type: "file" | "reasoning-file"; file: { mediaType: string; base64: string } }
  | ({ type: "source" } & Source)
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | ({ type: "tool-call" } & Tool)
  | ({ type: "tool-result"; output: unknown; preliminary?: boolean } & ToolRef)
  | ({ type: "tool-error"; error: unknown } & ToolRef)
  | ({ type: "tool-output-denied" } & ToolRef)
  | { type: "tool-approval-response"; approved: boolean; toolCall: ToolRef }
  | {
      type: "tool-approval-request";
      approvalId: string;
      toolCall: ToolRef;
      reason?: string;
      isAutomatic?: boolean;
    }
  | { type: "finish-step"; usage: AiSdkUsage }
  | { type: "finish"; finishReason: string }
  | { type: "error"; error: unknown };

/** Parts that make a turn. */
export const partsOfTurn = new Set([
  "text-delta",
  "reasoning-delta",
  "file",
  "reasoning-file",
  "tool-input-start",
  "tool-input-delta",
  "tool-call",
]);

interface AiSdkUsage {
  inputTokens?: number;
  outputTokens?: number;
  inputTokenDetails?: { noCacheTokens?: number; cacheReadTokens?: number; cacheWriteTokens?: number };
}

/** Returns the usage of a step. */
export function toUsage({ inputTokens = 0, outputTokens = 0, inputTokenDetails = {} }: AiSdkUsage): Usage {
  const { cacheReadTokens = 0, cacheWriteTokens = 0 } = inputTokenDetails;
  const { noCacheTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens) } = inputTokenDetails;
  return { inputTokens: noCacheTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}

/** Returns the end of a run by the reason for which the model stopped. */
export function endOf(finishReason: string): Pick<Ending, "outcome" | "error"> {
  switch (finishReason) {
    case "tool-calls":
      return { outcome: "max_rounds" };
    case "content-filter":
      return { outcome: "refused" };
    case "length": {
      const message = "The answer reached the model's limit of tokens. Ask the model to continue.";
      return { outcome: "failed", error: { code: "ANSWER_CUT", message, retryable: true } };
    }
    case "error":
      return {
        outcome: "failed",
        error: { code: "MODEL_FAILED", message: "The model's server failed. Try again.", retryable: true },
      };
    default:
      return { outcome: "completed" };
  }
}

/** Returns a source as an item of a list in Markdown. */
export function toLink({ id, url, title, filename }: Source): string {
  const name = (title || filename || url || id).replace(/[\\[\]]/g, "\\$&").replace(/\s+/g, " ");
  if (url === undefined) return `- ${filename && title ? `${name} (${filename})` : name}`;
  return `- [${name}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)`;
}

/** Returns the text of an error. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : toText(error);
}
