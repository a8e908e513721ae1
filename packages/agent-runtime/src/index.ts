export type { AgentInput, AgentRunner, ModelAsking, ModelProvider, RunEvent } from "@mini-openclaw/protocol";
export type { AgentRuntimeOptions } from "./agent-options.ts";
export { agentDefaults } from "./agent-options.ts";
export { AgentRuntime } from "./agent-runtime.ts";
export type { ApprovalPolicy, ApprovalRule } from "./approvals.ts";
export type { Brakes } from "./brakes.ts";
export { defaultBrakes } from "./brakes.ts";
export type { AgentErrorCode, AgentErrorOptions } from "./errors.ts";
export { AgentError } from "./errors.ts";
export type { ContextDifference, ContextReport, ContextSection } from "./explain-request.ts";
export type {
  AgentHooks,
  ModelCall,
  ModelCallReport,
  RunReport,
  ToolCall,
  ToolCallReport,
  Watch,
  WatchedRun,
} from "./hooks.ts";
export type { ModelPrice, Prices, TokenRates } from "./prices.ts";
export { defaultPrices, priceOf } from "./prices.ts";
export type { RunCallbacks, RunSummary } from "./run-with-callbacks.ts";
export { runWithCallbacks } from "./run-with-callbacks.ts";
export { summarizeConversation } from "./summarize-conversation.ts";
export { defaultIdentity } from "./system-prompt.ts";
export type { SchemaToolDefinition, ToolContext, ToolDefinition, ToolResult } from "./tool.ts";
export { defineTool } from "./tool.ts";
export type { JsonSchema, StandardSchema, ToolParameter, ToolParameters } from "./tool-input.ts";
export type { BashOptions } from "./tools/bash.ts";
export { passedVariables } from "./tools/bash.ts";
export type { BuiltinToolsOptions } from "./tools/builtin-tools.ts";
export { createBuiltinTools } from "./tools/builtin-tools.ts";
export type { SandboxOptions, SandboxSearch } from "./tools/find-sandbox.ts";
export { findSandbox } from "./tools/find-sandbox.ts";
export { createRememberTool } from "./tools/remember.ts";
export type { Sandbox } from "./tools/sandbox.ts";
export type { MemoryOptions } from "./workspace/memory.ts";
export { MemoryManager } from "./workspace/memory.ts";
export type { LoadedSkills, Skill, SkillsOptions } from "./workspace/skills.ts";
export { SkillsLoader } from "./workspace/skills.ts";
export { validateSkill } from "./workspace/validate-skill.ts";
