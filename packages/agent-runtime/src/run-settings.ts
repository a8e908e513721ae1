import type { SystemPrompt } from "@mini-openclaw/protocol";
import type { CallSettings } from "./answer-call.ts";
import type { ApprovalRule, SessionApprovals } from "./approvals.ts";
import type { Brakes } from "./brakes.ts";
import type { DayLedger } from "./day-ledger.ts";
import type { Prices } from "./prices.ts";
import type { ToolLimits } from "./run-tool.ts";
import type { PromptSection } from "./system-prompt.ts";
import type { Tool } from "./tool.ts";
import type { Asking } from "./turn.ts";

/** The system prompt, and the parts it was made of. */
export interface Prompt {
  system: SystemPrompt;
  sections: readonly PromptSection[];
}

/** Everything a run needs besides its input; below this line nothing is optional. */
export interface RunSettings extends Asking, Brakes, ToolLimits {
  tools: ReadonlyMap<string, Tool>;
  prices: Prices;
  dayLedger: DayLedger;
  readPrompt: () => Promise<Prompt>;
  maxContextMessages: number;
  maxContextTokens: number;
  /** Never, if absent. */
  compactAtShare: number | undefined;
  /** Keeps facts before a compaction; absent where the agent has no memory. */
  rememberTool: Tool | undefined;
  maxParallelTools: number;
  approval: ApprovalRule;
  sessionApprovals: SessionApprovals;
  approvalTimeoutMs: number;
  aroundTool: CallSettings["aroundTool"];
  onError: (error: unknown) => void;
  createId: () => string;
  now: () => number;
}
