import type { ModelOptions, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import type { OpenAI } from "openai";
import { FileFilter, type FileSupport } from "../convert/file-filter.ts";
import { sendByRules } from "../errors/refusals.ts";
import { secretsOf } from "../errors/secrets.ts";
import { type AnswerLimit, createAnswerLimit } from "../http/answer-limit.ts";
import { askModel, type TurnBuilder } from "../http/ask-model.ts";
import { checkAddress, createClient, withOptions } from "../http/create-client.ts";
import { once } from "../http/single-use.ts";
import type { OpenAIProviderOptions } from "./provider-options.ts";

/** The request of one turn, in the words of the protocol. */
export interface TurnRequest<Rules> {
  readonly request: ModelRequest;
  readonly rules: Rules;
  readonly maxTokens: number | undefined;
  readonly settings: ModelOptions;
}

/** The differences between the two APIs of OpenAI. */
export interface OpenAIApi<Rules> {
  readonly baseURL: string | undefined;
  /** The files that its models read by default. */
  readonly files: FileSupport;
  firstRules(client: OpenAI): Rules;
  learnRules(error: unknown, rules: Rules, budgetTokens: number | undefined): Rules | undefined;
  send(client: OpenAI, turn: TurnRequest<Rules>, options: OpenAI.RequestOptions): Promise<Response>;
  createTurnBuilder(options: { limit: AnswerLimit; secrets: readonly string[] }): TurnBuilder;
}

/** Creates a provider for one of the APIs of OpenAI's SDK. It keeps the rules that it learned. */
export function createSdkProvider<Rules extends { tooManyTokens: number; room: number }>(
  options: OpenAIProviderOptions,
  api: OpenAIApi<Rules>,
): ModelProvider {
  const { model, apiKey = "none" } = options;
  const maxTokens = limitOf(options);
  const { baseURL } = api;
  // The SDK reads the variable, and passes over a blank one.
  if (baseURL === undefined)
    checkAddress("OPENAI_BASE_URL", process.env["OPENAI_BASE_URL"]?.trim() || undefined);
  const connect = once(() =>
    createClient(async () => (await import("openai")).default, "openai", apiKey, { ...options, baseURL }),
  );
  const files = new FileFilter(options.files ?? api.files);
  let rules: Rules | undefined;
  return {
    model,
    stream(request, { signal, maxAnswerTokens = Infinity, ...forRun }) {
      const settings = withOptions(options, forRun);
      const { headers, extraBody } = settings;
      const secrets = secretsOf(apiKey, {
        ...options,
        headers: { ...options.headers, ...headers },
        extraBody,
      });
      const answerTokens = Math.min(maxTokens ?? Infinity, maxAnswerTokens);
      const limit = createAnswerLimit(answerTokens);
      return askModel({
        connect,
        async send(client, own) {
          let budgetTokens: number | undefined;
          const sent = await sendByRules(
            rules ?? api.firstRules(client),
            (by) => {
              // Servers have defaults of their own. A limit is sent where an option or the budget
              // wants one.
              budgetTokens =
                maxTokens === undefined && answerTokens < by.tooManyTokens ? answerTokens : undefined;
              const wanted = maxTokens === undefined ? (budgetTokens ?? Infinity) : answerTokens;
              const limited = Math.min(wanted, by.room);
              const turn = {
                request: files.apply(request),
                rules: by,
                maxTokens: limited === Infinity ? undefined : limited,
                settings,
              };
              return api.send(client, turn, { signal: own, ...(headers && { headers: { ...headers } }) });
            },
            (error, by) =>
              api.learnRules(error, by, budgetTokens) ?? (files.learn(error, request) ? by : undefined),
          );
          // Another conversation has room of its own.
          rules = { ...sent.rules, room: Infinity };
          files.accept(request);
          return sent.response;
        },
        turn: api.createTurnBuilder({ limit, secrets }),
        limit,
        secrets,
        signal,
      });
    },
  };
}

/** Returns the limit of an answer that the options set. */
function limitOf({ maxTokens, maxCompletionTokens = maxTokens }: OpenAIProviderOptions) {
  return maxCompletionTokens === Infinity ? undefined : maxCompletionTokens;
}
