import type { ModelProvider } from "@mini-openclaw/protocol";
import { FileFilter } from "../convert/file-filter.ts";
import { sendByRules } from "../errors/refusals.ts";
import { secretsOf } from "../errors/secrets.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { askModel } from "../http/ask-model.ts";
import { createClient, withOptions } from "../http/create-client.ts";
import { once } from "../http/single-use.ts";
import { checkOptions, limitOf, type OpenAIProviderOptions } from "../openai/create-provider.ts";
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
  const { model, apiKey = "none" } = options;
  const maxTokens = limitOf(options);
  const baseURL = options.baseURL?.replace(/\/+$/, "").replace(/\/responses$/, "");
  const connect = once(() =>
    createClient(async () => (await import("openai")).default, "openai", apiKey, { ...options, baseURL }),
  );
  const files = new FileFilter(options.files ?? "all");
  let rules = initialRules;
  return {
    model,
    stream(request, { signal, maxAnswerTokens = Infinity, ...forRun }) {
      const { effort, temperature, thinking, headers, extraBody } = withOptions(options, forRun);
      const secrets = secretsOf(apiKey, { ...options, headers: { ...options.headers, ...headers } });
      const answerTokens = Math.min(maxTokens ?? Infinity, maxAnswerTokens);
      const limit = createAnswerLimit(answerTokens);
      return askModel({
        connect,
        async send(sdk, own) {
          let budgetTokens: number | undefined;
          const sent = await sendByRules(
            rules,
            (by) => {
              // Servers have defaults of their own. A limit is sent where an option or the budget
              // wants one.
              budgetTokens =
                maxTokens === undefined && answerTokens < by.tooManyTokens ? answerTokens : undefined;
              const body = toRequest(files.apply(request), {
                model,
                rules: by,
                maxTokens: maxTokens === undefined ? budgetTokens : answerTokens,
                effort,
                thinking,
                extraBody: { ...(temperature !== undefined && { temperature }), ...extraBody },
              });
              return sdk.responses.create(body, { signal: own, ...(headers && { headers }) }).asResponse();
            },
            (error, by) =>
              learnRules(error, by, budgetTokens) ?? (files.learn(error, request) ? by : undefined),
          );
          rules = sent.rules;
          files.accept(request);
          return sent.response;
        },
        turn: createTurnBuilder({ limit, secrets }),
        limit,
        secrets,
        signal,
      });
    },
  };
}
