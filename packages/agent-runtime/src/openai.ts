export { createOpenAIProvider } from "./providers/openai/create-provider.ts";
export type { OpenAIProviderOptions } from "./providers/openai/provider-options.ts";
export { createOpenAIResponsesProvider } from "./providers/openai-responses/create-provider.ts";
