import {
  AgentRuntime,
  type AgentRuntimeOptions,
  createBuiltinTools,
  createRememberTool,
  createTaskTool,
  createTodoTool,
  MemoryManager,
  SkillsLoader,
} from "@mini-openclaw/agent-runtime";
import { connectMcpServers, type McpServers, readMcpConfig } from "@mini-openclaw/agent-runtime/mcp";
import type { ModelProvider } from "@mini-openclaw/protocol";
import { prepareDemoWorkspace } from "../data-dir.ts";
import { createProviders } from "../model/create-provider.ts";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import { approvalOf } from "./approval.ts";
import type { BashSandbox } from "./bash-sandbox.ts";

/** The agent of the settings, and the parts that others need too. */
export interface Agent {
  /** Creates the runtime. `hooks` are the options that depend on the server. */
  createRuntime: (hooks: Partial<AgentRuntimeOptions>) => AgentRuntime;
  provider: ModelProvider;
  memory: MemoryManager;
  skills: SkillsLoader;
  mcpServers: McpServers;
  /** Returns the names of the tools, with their descriptions. */
  tools: () => readonly { name: string; text: string }[];
  /** The models that may answer. The first one is the default. */
  models: readonly string[];
  /** Replaces the rule for calls that ask. It counts from the next call on. */
  setApproval: (names: readonly string[]) => void;
  /** The directory that the tools work in. */
  workspaceDir: string;
  /** The sandbox of `bash`, for the banner. */
  sandboxState: string;
}

/** Creates the parts of the agent: model, tools, memory, skills, and the tools of MCP servers. */
export async function createAgent(
  config: MiniOpenClawConfig,
  { sandbox, state }: BashSandbox,
): Promise<Agent> {
  const isDemo = config.server.api === "demo";
  const workspaceDir = isDemo ? prepareDemoWorkspace(config.dataDir) : config.workspace;
  const { provider, fallbacks } = await createProviders(config);
  const timeZone = config.timeZone === undefined ? {} : { timeZone: config.timeZone };
  const memory = new MemoryManager({ workspaceDir, dataDir: config.dataDir, ...timeZone });
  const bash = {
    timeoutMs: config.bashTimeoutSeconds * 1000,
    passed: config.bashEnv,
    ...(sandbox && { sandbox }),
  };
  const tools = [
    ...createBuiltinTools(workspaceDir, { bash, hidden: [config.dataDir, ...config.hidden] }),
    createRememberTool(memory),
    createTodoTool(),
    createTaskTool(),
  ];
  const skills = new SkillsLoader({ workspaceDir });
  const mcpServers = await connectMcpServers(config.mcp ? await readMcpConfig(workspaceDir) : {}, {
    workspaceDir,
  });
  const hasSandbox = sandbox !== undefined;
  let ask = approvalOf(config.approval, { hasSandbox });
  const { maxContextMessages, maxContextTokens, maxToolRounds, logDays, compactAtShare } = config;
  const { maxRunCostUsd, maxSessionCostUsd, maxDayCostUsd } = config;
  return {
    createRuntime: (hooks) =>
      new AgentRuntime({
        provider,
        fallbacks,
        tools,
        toolSources: [mcpServers],
        workspaceDir,
        skills,
        memory,
        maxContextMessages,
        maxRunCostUsd,
        maxSessionCostUsd,
        maxDayCostUsd,
        dailyLogDays: logDays,
        ...timeZone,
        ...(maxContextTokens !== undefined && { maxContextTokens }),
        ...(maxToolRounds !== undefined && { maxToolRounds }),
        // The script of the demo cannot summarize.
        ...(compactAtShare !== undefined && !isDemo && { compactAtShare }),
        approval: (call) => ask(call),
        ...hooks,
      }),
    setApproval(names) {
      ask = approvalOf(names, { hasSandbox });
    },
    provider,
    memory,
    skills,
    mcpServers,
    tools: () =>
      [...tools, ...mcpServers.tools()].map(({ name, description }) => ({ name, text: description })),
    models: [...new Set([provider, ...fallbacks].map(({ model }) => model))],
    workspaceDir,
    sandboxState: state,
  };
}
