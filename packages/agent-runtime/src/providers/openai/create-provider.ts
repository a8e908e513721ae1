import type { ModelProvider } from "@mini-openclaw/protocol";
import { type ChatRules, learnRules, rulesFor } from "./chat-rules.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { checkOptions, type OpenAIProviderOptions } from "./provider-options.ts";
import { createSdkProvider } from "./sdk-provider.ts";
import { toRequest } from "./to-request.ts";

/**
 * A model behind OpenAI's Chat Completions API or one of the many servers that speak it (Ollama,
 * vLLM, LM Studio, DeepSeek, Qwen, …), through the official SDK (`openai`, a peer dependency).
 *
 * Making it is cheap: the SDK is imported with the first request. It retries nothing, because the
 * run loop does. A request that its server refuses for a rule of the server's own is sent once more
 * by that rule.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function createOpenAIProvider(options: OpenAIProviderOptions): ModelProvider {
  checkOptions("createOpenAIProvider", options);
  const { model } = options;
  return createSdkProvider<ChatRules>(options, {
    baseURL: trimBaseURL(options.baseURL),
    files: "images",
    firstRules: ({ baseURL }) => firstRules(baseURL, options),
    learnRules,
    send(client, { request, rules, maxTokens, settings }, requestOptions) {
      const { effort, temperature, thinking, extraBody } = settings;
      const body = toRequest(request, {
        model,
        rules,
        maxTokens,
        extraBody: {
          ...(effort !== undefined && { reasoning_effort: effort }),
          ...(temperature !== undefined && { temperature }),
          ...(thinking !== undefined && { thinking }),
          ...extraBody,
        },
      });
      return client.chat.completions.create(body, requestOptions).asResponse();
    },
    createTurnBuilder,
  });
}

function firstRules(baseURL: string, { model, maxCompletionTokens }: OpenAIProviderOptions): ChatRules {
  const rules = rulesFor(baseURL, model);
  return maxCompletionTokens === undefined ? rules : { ...rules, tokenField: "max_completion_tokens" };
}

/** An address with the path of a request is taken for the address of its server. */
function trimBaseURL(baseURL: string | undefined): string | undefined {
  return baseURL?.replace(/\/+$/, "").replace(/\/chat\/completions\/*(?=$|\?)/, "");
}
