export type { OpenAIProviderOptions } from "./openai/create-provider.ts";
export { createOpenAIProvider } from "./openai/create-provider.ts";
