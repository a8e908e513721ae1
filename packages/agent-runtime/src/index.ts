export type {
  AgentInput,
  AgentRunner,
  ModelCallOptions,
  ModelOptions,
  ModelProvider,
  RunEvent,
  SharedSpend,
} from "@mini-openclaw/protocol";
export type { AgentRuntimeOptions } from "./agent/agent-options.ts";
export { agentDefaults } from "./agent/agent-options.ts";
export { AgentRuntime } from "./agent/agent-runtime.ts";
export type { RunCallbacks, RunSummary } from "./agent/run-with-callbacks.ts";
export { runWithCallbacks } from "./agent/run-with-callbacks.ts";
export type { ModelPrice, Prices, TokenRates } from "./budget/prices.ts";
export { defaultPrices, priceOf } from "./budget/prices.ts";
export type { RunLimits } from "./budget/run-limits.ts";
export { defaultRunLimits } from "./budget/run-limits.ts";
export type { BackgroundLimits } from "./commands/background-commands.ts";
export type { BashOptions } from "./commands/bash.ts";
export { passedVariables } from "./commands/command-environment.ts";
export type { SandboxOptions, SandboxSearch } from "./commands/find-sandbox.ts";
export { findSandbox } from "./commands/find-sandbox.ts";
export type { Sandbox } from "./commands/sandbox.ts";
export type { ContextDifference, ContextReport, ContextSection } from "./context/explain-request.ts";
export { summarizeConversation } from "./context/summarize.ts";
export { defaultIdentity } from "./context/system-prompt.ts";
export type {
  AgentHooks,
  HookSpan,
  ModelCall,
  ModelCallReport,
  RunRef,
  RunReport,
  ToolCall,
  ToolCallReport,
} from "./observe/hooks.ts";
export type { FallbackReason } from "./run/retry-policy.ts";
export type { AgentErrorCode, AgentErrorOptions } from "./shared/errors.ts";
export { AgentError } from "./shared/errors.ts";
export type { ApprovalPolicy, ApprovalRule } from "./tool-calls/approvals.ts";
export type {
  SchemaToolDefinition,
  ToolContext,
  ToolDefinition,
  ToolResult,
  ToolSource,
} from "./tool-calls/define-tool.ts";
export { defineTool } from "./tool-calls/define-tool.ts";
export type { JsonSchema, StandardSchema, ToolParameter, ToolParameters } from "./tool-calls/tool-input.ts";
export type { BuiltinToolsOptions } from "./tools/builtin-tools.ts";
export { createBuiltinTools } from "./tools/builtin-tools.ts";
export { createRememberTool } from "./tools/remember.ts";
export { createTaskTool } from "./tools/task.ts";
export { createTodoTool } from "./tools/todo.ts";
export type { MemoryOptions } from "./workspace/memory.ts";
export { MemoryManager } from "./workspace/memory.ts";
export type { LoadedSkills, SkillsOptions } from "./workspace/skills.ts";
export { SkillsLoader } from "./workspace/skills.ts";
export type { Skill } from "./workspace/skills-index.ts";
export { validateSkill } from "./workspace/validate-skill.ts";
