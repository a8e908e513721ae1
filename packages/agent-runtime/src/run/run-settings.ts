import type { AgentInput, SystemPrompt } from "@mini-openclaw/protocol";
import type { Budget } from "../budget/budget.ts";
import type { DailySpend } from "../budget/daily-spend.ts";
import type { Prices } from "../budget/prices.ts";
import type { RunLimits } from "../budget/run-limits.ts";
import type { ContextWindow } from "../context/context-window.ts";
import type { PromptSection } from "../context/system-prompt.ts";
import type { WindowStarts } from "../context/window-starts.ts";
import type { CallSettings } from "../tool-calls/answer-call.ts";
import type { ApprovalRule, SessionApprovals } from "../tool-calls/approvals.ts";
import type { Tool } from "../tool-calls/define-tool.ts";
import type { ToolLimits } from "../tool-calls/run-tool.ts";
import type { ModelSettings } from "./stream-turn.ts";

/** The system prompt, and the parts it was made of. */
export interface Prompt {
  system: SystemPrompt;
  sections: readonly PromptSection[];
}

/** The run that a prompt is for. */
export interface PromptRun extends Pick<AgentInput, "sessionId" | "todo"> {
  tools: ReadonlyMap<string, Tool>;
}

/** Everything a run needs besides its input. Below this line nothing is optional. */
export interface RunSettings extends ModelSettings, RunLimits, ToolLimits {
  tools: ReadonlyMap<string, Tool>;
  prices: Prices;
  dailySpend: DailySpend;
  /** The budgets of active runs, by run. The run of a sub-agent spends from its parent's too. */
  budgets: Map<string, Budget>;
  /** Reads the prompt, for a run with its tools and the work that they still do. */
  readPrompt: (run?: PromptRun) => Promise<Prompt>;
  maxContextMessages: number;
  contextWindow: ContextWindow;
  windowStarts: WindowStarts;
  /** Never, if absent. */
  compactAtShare: number | undefined;
  /** By session: the tokens of a conversation whose summary failed. */
  failedCompactions: Map<string, number>;
  /** Keeps facts before a compaction. Absent where the agent has no memory. */
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
