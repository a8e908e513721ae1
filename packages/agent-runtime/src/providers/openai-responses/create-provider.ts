import type { ModelProvider } from "@mini-openclaw/protocol";
import { checkOptions, type OpenAIProviderOptions } from "../openai/provider-options.ts";
import { createSdkProvider } from "../openai/sdk-provider.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { initialRules, learnRules } from "./response-rules.ts";
import { toRequest } from "./to-request.ts";

/**
 * A model behind OpenAI's Responses API, through the official SDK (`openai`, a peer dependency).
 * OpenAI's own reasoning models take tools here with any effort, and keep their reasoning from turn
 * to turn.
 *
 * The server stores nothing. Making the provider is cheap: the SDK is imported with the first
 * request.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function createOpenAIResponsesProvider(options: OpenAIProviderOptions): ModelProvider {
  checkOptions("createOpenAIResponsesProvider", options);
  const { model } = options;
  return createSdkProvider(options, {
    baseURL: options.baseURL?.replace(/\/+$/, "").replace(/\/responses$/, ""),
    files: "all",
    firstRules: () => initialRules,
    learnRules,
    send(client, { request, rules, maxTokens, settings }, requestOptions) {
      const { effort, temperature, thinking, extraBody } = settings;
      const body = toRequest(request, {
        model,
        rules,
        maxTokens,
        effort,
        thinking,
        extraBody: { ...(temperature !== undefined && { temperature }), ...extraBody },
      });
      return client.responses.create(body, requestOptions).asResponse();
    },
    createTurnBuilder,
  });
}
