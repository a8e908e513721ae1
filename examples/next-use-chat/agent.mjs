import { textAgent } from "@mini-openclaw/gateway";

// Yours: `new AgentRuntime({ provider })` of @mini-openclaw/agent-runtime, or `fromAiSdk(agent)`.
export const agent = textAgent(({ messages }) => `You said: ${messages.at(-1)?.content}`);
