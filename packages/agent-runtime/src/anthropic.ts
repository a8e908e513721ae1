export type { AnthropicProviderOptions } from "./anthropic/create-provider.ts";
export { createAnthropicProvider } from "./anthropic/create-provider.ts";
