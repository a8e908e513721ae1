export type { ScriptedAgent, ScriptStep } from "./agents/scripted-agent.ts";
export { scriptedAgent } from "./agents/scripted-agent.ts";
export type {
  AgentSituations,
  AgentUnderTest,
  CreateAgent,
  SuiteFunctions,
} from "./testing/describe-agent-runner.ts";
export { describeAgentRunner } from "./testing/describe-agent-runner.ts";
export type { MemoryWebSocket } from "./testing/memory-web-socket.ts";
export { memoryWebSocket } from "./testing/memory-web-socket.ts";
