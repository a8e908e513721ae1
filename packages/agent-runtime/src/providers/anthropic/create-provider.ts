import type { ThinkingConfigParam } from "@anthropic-ai/sdk/resources/messages";
import type { ModelProvider } from "@mini-openclaw/protocol";
import { checkCount } from "../../budget/run-limits.ts";
import { AgentError } from "../../shared/errors.ts";
import { askModel } from "../ask-model.ts";
import { createNodeFetch, type Fetch } from "../node-fetch.ts";
import { once } from "../single-use.ts";
import { sendWellFormed } from "../well-formed.ts";
import { createTurnBuilder } from "./from-stream.ts";
import { toRequest } from "./to-request.ts";

export interface AnthropicProviderOptions {
  apiKey: string;
  /** Such as `claude-sonnet-5-5`. */
  model: string;
  /** Any server that speaks the Messages API. @default ANTHROPIC_BASE_URL, else `https://api.anthropic.com` */
  baseURL?: string;
  /** Most tokens of one turn's answer, thinking included. @default 8192 */
  maxTokens?: number;
  /** How the model thinks, as the Messages API's `thinking`. @default the API's own */
  thinking?: ThinkingConfigParam;
  /** How long to wait for the answer to begin, in milliseconds. @default 60000 */
  timeoutMs?: number;
  /** Makes the requests, where they must go through a proxy for example. @default one on `node:http` */
  fetch?: Fetch;
}

/**
 * A model behind Anthropic's Messages API, through the official SDK (`@anthropic-ai/sdk`, a peer dependency).
 *
 * Making it is cheap: the SDK is imported with the first request. It retries nothing; the run loop does.
 *
 * @throws AgentError `INVALID_OPTIONS` if the key or the model is empty.
 */
export function createAnthropicProvider(options: AnthropicProviderOptions): ModelProvider {
  const { model, maxTokens = 8192, thinking } = options;
  for (const name of ["apiKey", "model"] as const) {
    if (!options[name]) throw new AgentError("INVALID_OPTIONS", `${name} is empty: a text is needed.`);
  }
  checkCount("maxTokens", maxTokens);
  const settings = { model, maxTokens, ...(thinking && { thinking }) };
  const connect = once(() => createClient(options));
  return {
    model,
    stream: (request, { signal, maxAnswerTokens = Infinity }) =>
      askModel({
        connect,
        send: (client, own) =>
          client.messages
            .create(toRequest(request, { ...settings, maxTokens: Math.min(maxTokens, maxAnswerTokens) }), {
              signal: own,
            })
            .asResponse(),
        turn: createTurnBuilder(),
        signal,
      }),
  };
}

async function createClient({ apiKey, baseURL, timeoutMs = 60_000, fetch }: AnthropicProviderOptions) {
  // Imported on first use: it costs 170 to 190 ms of CPU.
  const { default: sdk } = await import("@anthropic-ai/sdk").catch((cause: unknown) => {
    const message =
      "The Anthropic provider needs the package @anthropic-ai/sdk: npm install @anthropic-ai/sdk";
    throw new AgentError("INVALID_OPTIONS", message, { cause });
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
