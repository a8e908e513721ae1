import type { RequestListener } from "node:http";
import type { GatewayServer } from "@mini-openclaw/gateway";
import type {
  AgentRunner,
  AssistantMessage,
  SessionStore,
  ToolMessage,
  UserMessage,
} from "@mini-openclaw/protocol";
import type { Express } from "express";

// What the programs in READMEs leave to their reader: these names are there without a declaration.
declare global {
  const app: Express;
  const call: AssistantMessage;
  const message: UserMessage;
  const result: ToolMessage;
  const gateway: GatewayServer;
  const token: string;
  const url: string;
  const yourApp: RequestListener;
  function createMyAgent(): AgentRunner;
  function createPostgresStore(options: { url: string }): SessionStore;
}
