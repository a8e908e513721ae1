import type { ModelProvider } from "@mini-openclaw/protocol";
import { checkCount } from "../../budget/run-limits.ts";
import { AgentError } from "../../shared/errors.ts";
import { askModel } from "../ask-model.ts";
import { createNodeFetch, type Fetch } from "../node-fetch.ts";
import { once } from "../single-use.ts";
import { sendWellFormed } from "../well-formed.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { type TokenLimit, toRequest } from "./to-request.ts";

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
  /** How long to wait for the answer to begin, in milliseconds. @default 60000 */
  timeoutMs?: number;
  /** Makes the requests, where they must go through a proxy for example. @default one on `node:http` */
  fetch?: Fetch;
}

/**
 * A model behind OpenAI's Chat Completions API or one of the many servers that speak it (Ollama, vLLM, LM Studio, DeepSeek,
 * Qwen, …), through the official SDK (`openai`, a peer dependency).
 *
 * Making it is cheap: the SDK is imported with the first request. It retries nothing; the run loop does.
 *
 * @throws AgentError `INVALID_OPTIONS` if the model is empty.
 */
export function createOpenAIProvider(options: OpenAIProviderOptions): ModelProvider {
  const { model, maxTokens } = options;
  if (!model) throw new AgentError("INVALID_OPTIONS", "model is empty: a text is needed.");
  if (maxTokens !== undefined) checkCount("maxTokens", maxTokens);
  const connect = once(() => createClient(options));
  return {
    model,
    stream: (request, { signal, maxAnswerTokens = Infinity }) =>
      askModel({
        connect,
        send: (client, own) =>
          client.chat.completions
            .create(
              toRequest(request, {
                model,
                ...tokenLimit(client.baseURL, maxTokens && Math.min(maxTokens, maxAnswerTokens)),
              }),
              { signal: own },
            )
            .asResponse(),
        turn: createTurnBuilder(),
        signal,
      }),
  };
}

/** OpenAI itself has renamed the field, and refuses the old name for its newer models; others know only the old one. */
function tokenLimit(baseURL: string, maxTokens: number | undefined): TokenLimit {
  if (maxTokens === undefined) return {};
  const isOpenAI = new URL(baseURL).hostname === "api.openai.com";
  return isOpenAI ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens };
}

async function createClient({ apiKey = "none", baseURL, timeoutMs = 60_000, fetch }: OpenAIProviderOptions) {
  // Imported on first use: it costs 170 ms of CPU.
  const { default: sdk } = await import("openai").catch((cause: unknown) => {
    throw new AgentError(
      "INVALID_OPTIONS",
      "The OpenAI provider needs the package openai: npm install openai",
      {
        cause,
      },
    );
  });
  const node = createNodeFetch();
  const client = new sdk({
    apiKey,
    ...(baseURL && { baseURL }),
    timeout: timeoutMs,
    maxRetries: 0,
    fetch: sendWellFormed(fetch ?? node.fetch),
  });
  return { client, sdk, bodyOf: node.bodyOf };
}
