import type { ModelProvider } from "@mini-openclaw/protocol";
import {
  checkCount,
  checkFunctions,
  checkHeaders,
  checkKnown,
  checkOneOf,
  checkRecord,
  checkTemperature,
  checkText,
} from "../../shared/check-options.ts";
import { FileFilter, type FileSupport, fileSupports } from "../convert/file-filter.ts";
import { sendByRules } from "../errors/refusals.ts";
import { secretsOf } from "../errors/secrets.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { askModel } from "../http/ask-model.ts";
import { type ClientOptions, checkClientOptions, createClient, withOptions } from "../http/create-client.ts";
import type { Fetch } from "../http/node-fetch.ts";
import { once } from "../http/single-use.ts";
import { type ChatRules, learnRules, rulesFor } from "./chat-rules.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { toRequest } from "./to-request.ts";

export interface OpenAIProviderOptions {
  /** Such as `qwen3:8b`. */
  model: string;
  /**
   * Any server that speaks Chat Completions, such as `http://127.0.0.1:11434/v1` for Ollama.
   * @default OPENAI_BASE_URL, else `https://api.openai.com/v1`
   */
  baseURL?: string;
  /** @default "none": servers of one's own mostly want no key */
  apiKey?: string;
  /** Most tokens of one turn's answer. @default the server's */
  maxTokens?: number;
  /**
   * Most tokens of one turn's answer, sent as `max_completion_tokens` from the first request on.
   * With `maxTokens`, a server that wants this name refuses the first request.
   * @default `maxTokens`
   */
  maxCompletionTokens?: number;
  /** Effort of the model, as `reasoning_effort`. @default the server's */
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
  /**
   * Mode of thinking: `thinking` of DeepSeek, Kimi and GLM. Over the Responses API, fields of
   * `reasoning`, such as `{ summary: "detailed" }`.
   * @default the server's
   */
  thinking?: Record<string, unknown>;
  /** Randomness of an answer, from 0 to 2. @default the server's */
  temperature?: number;
  /**
   * The files that the model reads. It gets a line about others.
   * @default "images" of Chat Completions, whose servers mostly know no PDFs; "all" of Responses
   */
  files?: FileSupport;
  /** Headers of each request, besides the SDK's own. */
  headers?: Record<string, string>;
  /** The query of each request, such as `api-version` of Azure. */
  query?: Record<string, string>;
  /** Fields of each request's body, such as `chat_template_kwargs`. They replace ours. */
  extraBody?: Record<string, unknown>;
  /** Time for the answer to begin, in milliseconds. @default 60000 */
  timeoutMs?: number;
  /**
   * Makes the requests, where they must go through a proxy for example.
   * @default one on `node:http`
   */
  fetch?: Fetch;
}

const names: Readonly<Record<keyof OpenAIProviderOptions, true>> = {
  model: true,
  baseURL: true,
  apiKey: true,
  maxTokens: true,
  maxCompletionTokens: true,
  effort: true,
  thinking: true,
  temperature: true,
  files: true,
  headers: true,
  query: true,
  extraBody: true,
  timeoutMs: true,
  fetch: true,
};

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

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
  const { model, apiKey = "none" } = options;
  const maxTokens = limitOf(options);
  const baseURL = trimBaseURL(options.baseURL);
  const client: ClientOptions = { ...options, baseURL };
  const connect = once(() =>
    createClient(async () => (await import("openai")).default, "openai", apiKey, client),
  );
  const files = new FileFilter(options.files ?? "images");
  let rules: ChatRules | undefined;
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
            rules ?? firstRules(sdk.baseURL, options),
            (by) => {
              // Servers have defaults of their own. A limit is sent where an option or the budget
              // wants one.
              budgetTokens =
                maxTokens === undefined && answerTokens < by.tooManyTokens ? answerTokens : undefined;
              const body = toRequest(files.apply(request), {
                model,
                rules: by,
                maxTokens: maxTokens === undefined ? budgetTokens : answerTokens,
                extraBody: {
                  ...(effort !== undefined && { reasoning_effort: effort }),
                  ...(temperature !== undefined && { temperature }),
                  ...(thinking !== undefined && { thinking }),
                  ...extraBody,
                },
              });
              return sdk.chat.completions
                .create(body, { signal: own, ...(headers && { headers }) })
                .asResponse();
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

/** Returns the limit of an answer that the options set. */
export function limitOf({ maxTokens, maxCompletionTokens = maxTokens }: OpenAIProviderOptions) {
  return maxCompletionTokens === Infinity ? undefined : maxCompletionTokens;
}

function firstRules(baseURL: string, { model, maxCompletionTokens }: OpenAIProviderOptions): ChatRules {
  const rules = rulesFor(baseURL, model);
  return maxCompletionTokens === undefined ? rules : { ...rules, tokenField: "max_completion_tokens" };
}

/** @throws AgentError `INVALID_OPTION` */
export function checkOptions(caller: string, options: OpenAIProviderOptions): void {
  checkKnown(caller, options, names);
  checkFunctions(options, ["fetch"]);
  const { model, maxTokens, maxCompletionTokens, effort, thinking, temperature, files } = options;
  const { headers, query, extraBody } = options;
  checkText("model", model);
  checkClientOptions(options);
  for (const [name, value] of Object.entries({ maxTokens, maxCompletionTokens })) {
    if (value !== undefined) checkCount(name, value);
  }
  if (effort !== undefined) checkOneOf("effort", effort, efforts);
  if (files !== undefined) checkOneOf("files", files, fileSupports);
  if (temperature !== undefined) checkTemperature(temperature, 2);
  for (const [name, value] of Object.entries({ thinking, query, extraBody })) {
    if (value !== undefined) checkRecord(name, value);
  }
  if (headers !== undefined) checkHeaders("headers", headers);
}

/** An address with the path of a request is taken for the address of its server. */
function trimBaseURL(baseURL: string | undefined): string | undefined {
  return baseURL?.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
}
