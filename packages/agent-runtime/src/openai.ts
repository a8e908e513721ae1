export type { OpenAIProviderOptions } from "./providers/openai/create-provider.ts";
export { createOpenAIProvider } from "./providers/openai/create-provider.ts";
export { createOpenAIResponsesProvider } from "./providers/openai-responses/create-provider.ts";
