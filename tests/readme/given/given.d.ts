import type { GatewayServer } from "@mini-openclaw/gateway";
import type {
  AgentRunner,
  AssistantMessage,
  SessionStore,
  ToolMessage,
  UserMessage,
} from "@mini-openclaw/protocol";
import type { Express } from "express";

// Names that the programs in READMEs use without a declaration.
declare global {
  const app: Express;
  const call: AssistantMessage;
  const message: UserMessage;
  const result: ToolMessage;
  const gateway: GatewayServer;
  const token: string;
  const url: string;
  function createMyAgent(): AgentRunner;
  function createPostgresStore(options: { url: string }): SessionStore;
}
