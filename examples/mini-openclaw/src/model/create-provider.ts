import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import type { ModelProvider } from "@mini-openclaw/protocol";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import { createDemoProvider } from "./demo-model.ts";
import { createProxyFetch } from "./proxy-fetch.ts";

/** The models that answer: the first one, and those that take over when it cannot. */
export interface Providers {
  provider: ModelProvider;
  fallbacks: readonly ModelProvider[];
}

type ModelConfig = Pick<
  MiniOpenClawConfig,
  "server" | "model" | "fallbackModels" | "maxTokens" | "effort" | "thinking"
>;

/** Creates the providers that the settings name. The demo has no fallbacks. */
export async function createProviders(config: ModelConfig): Promise<Providers> {
  if (config.server.api === "demo") return { provider: createDemoProvider(), fallbacks: [] };
  const create = await openApi(config);
  return { provider: create(config.model), fallbacks: config.fallbackModels.map(create) };
}

async function openApi({
  server: { api, apiKey = "none", baseURL },
  maxTokens,
  effort,
  thinking,
}: ModelConfig): Promise<(model: string) => ModelProvider> {
  const fetch = await createProxyFetch();
  const common = {
    // A local server may need no key, but the provider sends one.
    apiKey,
    ...(baseURL !== undefined && { baseURL }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(effort !== undefined && { effort }),
    ...(fetch && { fetch }),
  };
  if (api === "anthropic") {
    const quiet = thinking === "off" && { thinking: { type: "disabled" as const } };
    return (model) => createAnthropicProvider({ ...common, ...quiet, model });
  }
  // Loaded here, so that a server with another API starts faster.
  const { createOpenAIProvider, createOpenAIResponsesProvider } = await import(
    "@mini-openclaw/agent-runtime/openai"
  );
  if (api === "openai") return (model) => createOpenAIResponsesProvider({ ...common, model });
  return (model) => createOpenAIProvider({ ...common, model });
}
