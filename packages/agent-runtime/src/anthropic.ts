export type { AnthropicProviderOptions } from "./providers/anthropic/create-provider.ts";
export { createAnthropicProvider } from "./providers/anthropic/create-provider.ts";
