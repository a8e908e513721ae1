import {
  checkCount,
  checkFunctions,
  checkHeaders,
  checkJson,
  checkKnown,
  checkOneOf,
  checkTemperature,
  checkText,
} from "../../shared/check-options.ts";
import { type FileSupport, fileSupports } from "../convert/file-filter.ts";
import { checkClientOptions } from "../http/create-client.ts";
import type { Fetch } from "../http/node-fetch.ts";

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
    if (value !== undefined) checkJson(name, value);
  }
  if (headers !== undefined) checkHeaders("headers", headers);
}
