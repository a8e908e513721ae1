import type { ModelProvider, SharedSpend, SystemPrompt } from "@mini-openclaw/protocol";
import type { Prices } from "../budget/prices.ts";
import type { RunLimits } from "../budget/run-limits.ts";
import type { AgentHooks } from "../observe/hooks.ts";
import type { FallbackReason } from "../run/retry-policy.ts";
import type { ApprovalRule } from "../tool-calls/approvals.ts";
import type { ToolDefinition, ToolSource } from "../tool-calls/define-tool.ts";
import type { MemoryManager } from "../workspace/memory.ts";
import type { SkillsLoader } from "../workspace/skills.ts";

/** The options of an agent. All but the model have a default. */
export interface AgentRuntimeOptions extends Partial<RunLimits>, AgentHooks {
  /** The model. */
  provider: ModelProvider;
  /** Models to turn to, in this order, when the one before cannot answer. @default none */
  fallbacks?: readonly ModelProvider[];
  /** The reasons to turn to the next model. @default all of them */
  fallbackOn?: readonly FallbackReason[];
  /** The tools that the model may call. @default none */
  tools?: readonly ToolDefinition[];
  /** Tools that may change from run to run. A name that `tools` has is left out. @default none */
  toolSources?: readonly ToolSource[];
  /** The folder whose SOUL.md, TOOLS.md, memory and skills are in the prompt. @default none */
  workspaceDir?: string;
  /** @default that of `workspaceDir` */
  memory?: MemoryManager;
  /** @default those of `workspaceDir` */
  skills?: SkillsLoader;
  /** The first section of the system prompt: who the agent is. @default {@link defaultIdentity} */
  identity?: string;
  /** Makes the whole prompt instead of what is said of it here. */
  systemPrompt?: () => SystemPrompt | Promise<SystemPrompt>;
  /** Days before today whose logs the prompt has, besides today's. @default 0 */
  dailyLogDays?: number;
  /** Newest messages that the model sees. @default 50 */
  maxContextMessages?: number;
  /**
   * Tokens that the messages of one request may cost, roughly counted. Big old tool results are
   * trimmed first, then the oldest messages left out.
   * @default 150000
   */
  maxContextTokens?: number;
  /**
   * Sums up the conversation before a run once this share (0 to 1) of `maxContextMessages` or of
   * `maxContextTokens` is used: from then on the model gets the summary instead of what it sums up.
   * Before that the model may keep facts in MEMORY.md, if the agent has a memory. Give each run the
   * agent's `neededMessages` messages.
   *
   * @default never
   */
  compactAtShare?: number;
  /** Most tool calls that run at a time. @default 4 */
  maxParallelTools?: number;
  /**
   * Decides which calls are made at once, asked for, or denied.
   * @default each tool's own `approval`
   */
  approval?: ApprovalRule;
  /** Time for a user's decision, in milliseconds. No answer is a denial. @default 600000 */
  approvalTimeoutMs?: number;
  /** Time for a tool without a `timeoutMs` of its own, in milliseconds. @default 120000 */
  toolTimeoutMs?: number;
  /**
   * Longest tool output that the model sees, in UTF-16 units. The middle of a longer one is left
   * out.
   * @default 50000
   */
  maxToolOutputChars?: number;
  /** Retries of a turn that failed before it showed any text. @default 10 */
  maxRetries?: number;
  /**
   * The first wait before another try. Each further one is twice as long. Milliseconds.
   * @default 500
   */
  retryBaseMs?: number;
  /**
   * The longest wait. A server that asks for more ends the run instead. Milliseconds.
   * @default 30000
   */
  retryMaxMs?: number;
  /** Silence of the model's server after which it is given up, in milliseconds. @default 60000 */
  idleTimeoutMs?: number;
  /**
   * Prices of models, by their names, besides {@link defaultPrices} and before them.
   * @default none
   */
  prices?: Prices;
  /**
   * Costs of today (UTC) before this agent was made, in US dollars: `maxDayCostUsd` counts them.
   * An agent keeps nothing itself, so pass this sum when you start it again.
   * @default 0
   */
  spentTodayUsd?: number;
  /**
   * The costs of a day that several processes count together: `maxDayCostUsd` then limits them all.
   * A run ends as failed if they cannot be read.
   * @default this agent alone
   */
  sharedSpend?: SharedSpend;
  /**
   * Called with each error that ends a run, and with errors of hooks. Watchers get only the
   * error's code and a short message.
   * @default nothing
   */
  onError?: (error: unknown) => void;
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: () => number;
  /**
   * The user's time zone, such as `Asia/Shanghai`, for the time in the prompt and the daily logs.
   * @default this process's
   */
  timeZone?: string;
}

/** Every option, so that a misspelled one is named. */
export const agentOptionNames: Readonly<Record<keyof AgentRuntimeOptions, true>> = {
  provider: true,
  fallbacks: true,
  fallbackOn: true,
  tools: true,
  toolSources: true,
  workspaceDir: true,
  memory: true,
  skills: true,
  identity: true,
  systemPrompt: true,
  dailyLogDays: true,
  maxContextMessages: true,
  maxContextTokens: true,
  compactAtShare: true,
  maxParallelTools: true,
  approval: true,
  approvalTimeoutMs: true,
  toolTimeoutMs: true,
  maxToolOutputChars: true,
  maxRetries: true,
  retryBaseMs: true,
  retryMaxMs: true,
  idleTimeoutMs: true,
  prices: true,
  spentTodayUsd: true,
  sharedSpend: true,
  onError: true,
  now: true,
  timeZone: true,
  maxToolRounds: true,
  maxToolCalls: true,
  maxRunTokens: true,
  maxRunCostUsd: true,
  maxSessionCostUsd: true,
  maxDayCostUsd: true,
  maxRepeatedCalls: true,
  maxRunMs: true,
  onRun: true,
  onModelCall: true,
  onToolCall: true,
  onEvent: true,
};

/** The defaults of {@link AgentRuntimeOptions} that are numbers, but for its limits. */
export const agentDefaults = {
  dailyLogDays: 0,
  // The tutorial's number.
  maxContextMessages: 50,
  // A window of 200,000 tokens less prompt, tools and answer.
  maxContextTokens: 150_000,
  // Tools mostly wait for disks and networks.
  maxParallelTools: 4,
  // Ten minutes. A run may take thirty.
  approvalTimeoutMs: 600_000,
  // Four times what `bash` allows itself.
  toolTimeoutMs: 120_000,
  // Five times what `bash` shows, about 12,000 tokens.
  maxToolOutputChars: 50_000,
  // With the pauses below, an overload of a minute is survived.
  maxRetries: 10,
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  // The Messages API sends a `ping` about every 15 s while the model thinks.
  idleTimeoutMs: 60_000,
} as const;
