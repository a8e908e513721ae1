import type { ThinkingConfigParam } from "@anthropic-ai/sdk/resources/messages";
import type { ModelOptions, ModelProvider } from "@mini-openclaw/protocol";
import {
  checkCount,
  checkFunctions,
  checkHeaders,
  checkJson,
  checkKnown,
  checkOneOf,
  checkTemperature,
  checkText,
  invalidOption,
} from "../../shared/check-options.ts";
import { FileFilter, type FileSupport, fileSupports } from "../convert/file-filter.ts";
import { sendByRules } from "../errors/refusals.ts";
import { secretsOf } from "../errors/secrets.ts";
import { createAnswerLimit } from "../http/answer-limit.ts";
import { askModel } from "../http/ask-model.ts";
import { checkAddress, checkClientOptions, createClient, withOptions } from "../http/create-client.ts";
import type { Fetch } from "../http/node-fetch.ts";
import { once } from "../http/single-use.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { initialRules, learnRules } from "./message-rules.ts";
import { toRequest } from "./to-request.ts";

export interface AnthropicProviderOptions {
  apiKey: string;
  /** Such as `claude-sonnet-5-5`. */
  model: string;
  /**
   * Any server that speaks the Messages API.
   * @default ANTHROPIC_BASE_URL, else `https://api.anthropic.com`
   */
  baseURL?: string;
  /**
   * Most tokens of one turn's answer, thinking included.
   * @default what the model can give, at most 64000
   */
  maxTokens?: number;
  /**
   * Mode of thinking, as the Messages API's `thinking`.
   * @default adaptive and summarized for Claude 5, else the API's own
   */
  thinking?: ThinkingConfigParam;
  /** Effort of the model, as `output_config.effort`. @default the API's own */
  effort?: "low" | "medium" | "high" | "xhigh" | "max";
  /**
   * Randomness of an answer, from 0 to 1. Newer models refuse it.
   * @default the API's own
   */
  temperature?: number;
  /** The files that the model reads. It gets a line about others. @default "all" */
  files?: FileSupport;
  /** Headers of each request, besides the SDK's own. */
  headers?: Record<string, string>;
  /** The query of each request. */
  query?: Record<string, string>;
  /** Fields of each request's body. They replace ours. */
  extraBody?: Record<string, unknown>;
  /** Time for the answer to begin, in milliseconds. @default 60000 */
  timeoutMs?: number;
  /**
   * Makes the requests, where they must go through a proxy for example.
   * @default one on `node:http`
   */
  fetch?: Fetch;
}

const names: Readonly<Record<keyof AnthropicProviderOptions, true>> = {
  apiKey: true,
  model: true,
  baseURL: true,
  maxTokens: true,
  thinking: true,
  effort: true,
  temperature: true,
  files: true,
  headers: true,
  query: true,
  extraBody: true,
  timeoutMs: true,
  fetch: true,
};

const efforts = ["low", "medium", "high", "xhigh", "max"] as const;

/**
 * A model behind Anthropic's Messages API, through the official SDK (`@anthropic-ai/sdk`, a peer
 * dependency).
 *
 * Making it is cheap: the SDK is imported with the first request. It retries nothing, because the
 * run loop does. A request that its server refuses for a rule of the server's own is sent once more
 * by that rule.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function createAnthropicProvider(options: AnthropicProviderOptions): ModelProvider {
  checkOptions(options);
  const { apiKey, model } = options;
  const { maxTokens = defaultMaxTokens(model) } = options;
  const baseURL = trimBaseURL(addressOf(options));
  const headers = { ...keyHeader(apiKey, baseURL), ...options.headers };
  const { thinking: ownThinking, ...others } = options;
  const settings: ModelOptions = { ...others, ...(ownThinking && { thinking: { ...ownThinking } }) };
  const connect = once(() =>
    createClient(async () => (await import("@anthropic-ai/sdk")).default, "@anthropic-ai/sdk", apiKey, {
      ...options,
      baseURL,
      headers,
    }),
  );
  const files = new FileFilter(options.files ?? "all");
  let rules = initialRules;
  return {
    model,
    stream(request, { signal, maxAnswerTokens = Infinity, ...forRun }) {
      const {
        effort,
        temperature,
        thinking: mode,
        headers: added,
        extraBody,
      } = withOptions(settings, forRun);
      const secrets = secretsOf(apiKey, { ...options, headers: { ...headers, ...added }, extraBody });
      const fields = {
        ...(effort !== undefined && { output_config: { effort } }),
        ...(temperature !== undefined && { temperature }),
        ...extraBody,
      };
      const answerTokens = Math.min(maxTokens, maxAnswerTokens);
      const limit = createAnswerLimit(answerTokens);
      return askModel({
        connect,
        async send(client, own) {
          const sent = await sendByRules(
            rules,
            (by) => {
              const thinking =
                (mode as ThinkingConfigParam | undefined) ??
                (by.asksForThinking ? defaultThinking(model) : undefined);
              const body = toRequest(files.apply(request), {
                model,
                maxTokens: answerTokens,
                thinking,
                rules: by,
                extraBody: fields,
              });
              return client.messages
                .create(body, { signal: own, ...(added && { headers: added }) })
                .asResponse();
            },
            (error, by) => learnRules(error, by) ?? (files.learn(error, request) ? by : undefined),
          );
          // Thinking that one conversation may not send back may go back in another, and another
          // one has room of its own.
          const { thinking } = sent.rules.thinking === "none" ? rules : sent.rules;
          rules = { ...sent.rules, thinking, room: Infinity };
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

function checkOptions(options: AnthropicProviderOptions): void {
  checkKnown("createAnthropicProvider", options, names);
  checkFunctions(options, ["fetch"]);
  const { apiKey, model, maxTokens, effort, temperature, headers, query, extraBody } = options;
  checkText("apiKey", apiKey);
  checkText("model", model);
  checkClientOptions(options);
  if (maxTokens !== undefined) checkCount("maxTokens", maxTokens);
  if (effort !== undefined) checkOneOf("effort", effort, efforts);
  if (options.files !== undefined) checkOneOf("files", options.files, fileSupports);
  if (temperature !== undefined) checkTemperature(temperature, 1);
  for (const [name, value] of Object.entries({ thinking: options.thinking, query, extraBody })) {
    if (value !== undefined) checkJson(name, value);
  }
  if (headers !== undefined) checkHeaders("headers", headers);
}

/** @throws AgentError `INVALID_OPTION` */
function addressOf({ baseURL }: AnthropicProviderOptions): string | undefined {
  const name = baseURL === undefined ? "ANTHROPIC_BASE_URL" : "baseURL";
  const address = baseURL ?? (process.env["ANTHROPIC_BASE_URL"]?.trim() || undefined);
  checkAddress(name, address);
  // The SDK would add its path behind it.
  if (address?.includes("?"))
    throw invalidOption(name, "an address without a query, which belongs in `query`", address);
  return address;
}

/** The SDK adds `/v1/messages`. An address that has a part of it already means the same server. */
function trimBaseURL(baseURL: string | undefined): string | undefined {
  return baseURL?.replace(/\/+$/, "").replace(/\/v1(?:\/messages)?$/, "");
}

/**
 * The SDK sends the key as `Authorization: Bearer`. Other servers than Anthropic's look into
 * `x-api-key`.
 */
function keyHeader(apiKey: string, baseURL: string | undefined): Record<string, string> {
  const isAnthropic = !baseURL || new URL(baseURL).hostname === "api.anthropic.com";
  return isAnthropic ? {} : { "x-api-key": apiKey };
}

/**
 * Returns the limit of an answer: what the model can give, and not more than 64,000 tokens.
 *
 * Source: https://platform.claude.com/docs/en/about-claude/models/overview, November 2026.
 */
function defaultMaxTokens(model: string): number {
  if (/claude-3-[57]/.test(model)) return 8192;
  if (/claude-3/.test(model)) return 4096;
  return /claude/.test(model) && !/opus-4(-[01])?(-\d{8})?$/.test(model) ? 64_000 : 32_000;
}

/**
 * Claude 5 gives its words between tool calls as thinking, which stays empty unless it is asked
 * for.
 */
function defaultThinking(model: string): ThinkingConfigParam | undefined {
  return /claude-[a-z]+-5/.test(model) ? { type: "adaptive", display: "summarized" } : undefined;
}
