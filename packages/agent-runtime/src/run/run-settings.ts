import type { SystemPrompt } from "@mini-openclaw/protocol";
import type { DayLedger } from "../budget/daily-spend.ts";
import type { Prices } from "../budget/prices.ts";
import type { Brakes } from "../budget/run-limits.ts";
import type { PromptSection } from "../context/system-prompt.ts";
import type { CallSettings } from "../tool-calls/answer-call.ts";
import type { ApprovalRule, SessionApprovals } from "../tool-calls/approvals.ts";
import type { Tool } from "../tool-calls/define-tool.ts";
import type { ToolLimits } from "../tool-calls/run-tool.ts";
import type { Asking } from "./stream-turn.ts";

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
  /** Reads the prompt; for a run of a session with what its tools still do. */
  readPrompt: (sessionId?: string) => Promise<Prompt>;
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
  skillFolders: readonly string[];
  onError: (error: unknown) => void;
  createId: () => string;
  now: () => number;
}
